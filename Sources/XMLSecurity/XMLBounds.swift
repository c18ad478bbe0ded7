import Bytes

/// Counts what a document has of everything, before a parser takes time over it: elements, attributes, declarations of namespaces,
/// depth. It looks at each byte once, and knows of XML only where tags begin and end (XML 1.0 §2.4 to §2.8, §3.1).
///
/// What it lets through is read by libxml2, and by nobody else. `<` stands in no tag and in no attribute's value, so that a count
/// that begins anew with each is never too small; it may be too large for what is no XML at all. Where a parser that finds a fault
/// goes on elsewhere than at the end of a comment, an instruction or CDATA, the document is refused here.
struct XMLBounds {
    static let maximumElements = 8192
    static let maximumAttributes = 8192
    /// Of all namespaces that are declared anywhere.
    static let maximumNamespaces = 1024
    static let maximumDepth = 64
    /// Attributes and declarations of one element. ``XMLDocument`` tells them apart, and allows fewer of each.
    static let maximumInOnePlace = 128

    private var elements = 0
    private var attributes = 0
    private var namespaces = 0
    private var depth = 0

    static let notWellFormed = XMLSecurityError.malformed("the document is not well-formed XML in UTF-8")

    static func check(_ bytes: [UInt8]) throws(XMLSecurityError) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw notWellFormed }
        var bounds = XMLBounds()
        let result = bytes.withUnsafeBufferPointer { bytes in
            Result { () throws(XMLSecurityError) in try bounds.count(bytes) }
        }
        try result.get()
    }

    private mutating func count(_ bytes: UnsafeBufferPointer<UInt8>) throws(XMLSecurityError) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == UInt8(ascii: "<") else {
                try Self.checkCharacter(bytes, index)
                index += 1
                continue
            }
            index += 1
            guard index < bytes.endIndex else { return }
            switch bytes[index] {
            case UInt8(ascii: "/"): depth = max(0, depth - 1)
            case UInt8(ascii: "?"):
                guard index + 1 < bytes.endIndex, Self.isNameStart(bytes[index + 1]) else { throw Self.notWellFormed }
                index = try Self.end(of: "?>", bytes, index + 1)
            case UInt8(ascii: "!"):
                if Self.starts("--", bytes, index + 1) {
                    // Two hyphens end it, and nothing else (XML 1.0 §2.5).
                    index = try Self.end(of: "--", bytes, index + 3)
                    guard Self.starts(">", bytes, index) else { throw Self.notWellFormed }
                } else if Self.starts("[CDATA[", bytes, index + 1) {
                    index = try Self.end(of: "]]>", bytes, index + 8)
                }
            default: index = try tag(bytes, index)
            }
        }
    }

    /// - Returns: the place behind the tag, or that of the next `<`.
    private mutating func tag(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) throws(XMLSecurityError) -> Int {
        elements += 1
        depth += 1
        guard elements <= Self.maximumElements else { throw .malformed("the document has too many elements") }
        guard depth <= Self.maximumDepth else {
            throw .malformed("the document is nested more than \(Self.maximumDepth) deep")
        }
        var inThisPlace = 0
        var quote: UInt8?
        var nameStart = start
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "<") { return index }
            if let open = quote {
                if byte == open { quote = nil }
            } else {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "'"):
                    quote = byte
                    inThisPlace += 1
                    try count(isNamespace: Self.starts("xmlns", bytes, nameStart), inThisPlace)
                    nameStart = index
                case UInt8(ascii: ">"):
                    if bytes[index - 1] == UInt8(ascii: "/") { depth -= 1 }
                    return index + 1
                case 0x20, 0x09, 0x0A, 0x0D:
                    // White space may stand around `=`.
                    if index + 1 < bytes.endIndex, Self.isNameStart(bytes[index + 1]) { nameStart = index + 1 }
                default: break
                }
            }
            index += 1
        }
        return index
    }

    private mutating func count(isNamespace: Bool, _ inThisPlace: Int) throws(XMLSecurityError) {
        attributes += 1
        if isNamespace { namespaces += 1 }
        guard inThisPlace <= Self.maximumInOnePlace else {
            throw .malformed("the document has too many namespaces or attributes in one place")
        }
        guard attributes <= Self.maximumAttributes, namespaces <= Self.maximumNamespaces else {
            throw .malformed("the document has too many namespaces or attributes")
        }
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || byte >= 0x80
    }

    private static func starts(_ text: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        guard start + text.utf8CodeUnitCount <= bytes.endIndex else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[start..<(start + $0.count)]) }
    }

    /// - Returns: the place behind the mark.
    private static func end(
        of mark: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
    ) throws(XMLSecurityError) -> Int {
        var index = start
        while index < bytes.endIndex {
            if starts(mark, bytes, index) { return index + mark.utf8CodeUnitCount }
            try checkCharacter(bytes, index)
            index += 1
        }
        throw notWellFormed
    }

    /// XML 1.0 §2.2.
    private static func checkCharacter(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) throws(XMLSecurityError) {
        let byte = bytes[index]
        guard byte >= 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { throw notWellFormed }
        // U+FFFE and U+FFFF.
        guard byte != 0xEF || index + 2 >= bytes.endIndex || bytes[index + 1] != 0xBF || bytes[index + 2] < 0xBE else {
            throw notWellFormed
        }
    }
}
