import Bytes

/// One element of Envoy's `x-forwarded-client-cert`: what a proxy says of the certificate at the other end of its connection.
///
/// `Key=value` pairs are separated by `;` and elements by `,`; a value with `,`, `;` or `=` stands in double quotes, in which a
/// double quote is written `\"`. Keys are compared without regard to case. Envoy writes URIs and host names without quotes, so the
/// authority of the certificates must not sign names that hold a comma or semicolon.
public struct ForwardedCertificate: Sendable, Hashable {
    /// The URI names of the proxy's own certificate.
    public var by: [String] = []
    /// SHA-256 of the client's certificate, in hexadecimal digits.
    public var hash: String?
    /// The subject of the client's certificate, as RFC 2253 writes it.
    public var subject: String?
    /// Its alternative names: URIs, such as `spiffe://cluster.local/ns/default/sa/web`, and host names.
    public var uris: [String] = []
    public var hostNames: [String] = []

    /// Bytes of the header. Elements can hold whole chains of certificates.
    public static let maximumLength = 65_536

    /// The last element: the one that the nearest proxy added. What stands before it came from further away.
    /// - Returns: nil for what is not well formed, or is empty.
    public init?(lastOf header: String) {
        guard header.utf8.count <= Self.maximumLength, let last = Self.pairs(ofLast: Array(header.utf8)) else { return nil }
        for (key, value) in last {
            switch key {
            case "by": by.append(value)
            case "hash":
                guard hash == nil else { return nil }
                hash = value
            case "subject":
                guard subject == nil else { return nil }
                subject = value
            case "uri": uris.append(value)
            case "dns": hostNames.append(value)
            // Cert, Chain, and what newer proxies may add.
            default: break
            }
        }
    }

    /// The pairs of the last element, keys in lower case, empty values left out; nil if anything in the header is malformed: where
    /// an element begins is then not known.
    private static func pairs(ofLast text: [UInt8]) -> [(key: String, value: String)]? {
        var pairs: [(key: String, value: String)] = []
        var hasPair = false
        var index = 0
        while index < text.count {
            let start = index
            while index < text.count, text[index] != equals {
                guard text[index] != comma, text[index] != semicolon, text[index] != quote else { return nil }
                index += 1
            }
            guard index < text.count else { return nil }
            let key = trimmed(text[start..<index])
            guard !key.isEmpty, key.allSatisfy(isLetterOrDigit) else { return nil }
            index += 1
            guard let value = value(in: text, at: &index) else { return nil }
            hasPair = true
            if !value.isEmpty { pairs.append((String(decoding: key.map(\.asciiLowercased), as: UTF8.self), value)) }
            guard index < text.count else { break }
            // Another pair or another element must follow.
            if text[index] == comma {
                pairs = []
                hasPair = false
            }
            index += 1
            guard index < text.count else { return nil }
        }
        return hasPair ? pairs : nil
    }

    /// A value, quoted or not; afterwards the index is at the separator or the end.
    private static func value(in text: [UInt8], at index: inout Int) -> String? {
        var value: [UInt8] = []
        if index < text.count, text[index] == quote {
            index += 1
            while true {
                guard index < text.count else { return nil }
                let byte = text[index]
                index += 1
                if byte == quote { break }
                value.append(byte)
                // What is escaped never ends the value. It stays as written: so it is how RFC 2253 writes a subject.
                if byte == backslash {
                    guard index < text.count else { return nil }
                    value.append(text[index])
                    index += 1
                }
            }
            while index < text.count, text[index] == space { index += 1 }
            guard index == text.count || text[index] == comma || text[index] == semicolon else { return nil }
        } else {
            while index < text.count, text[index] != comma, text[index] != semicolon {
                guard text[index] != quote else { return nil }
                value.append(text[index])
                index += 1
            }
            value = Array(trimmed(value[...]))
        }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        return String(validating: value, as: UTF8.self)
    }

    private static let comma = UInt8(ascii: ",")
    private static let semicolon = UInt8(ascii: ";")
    private static let equals = UInt8(ascii: "=")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let space = UInt8(ascii: " ")

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop { $0 == space }
        while bytes.last == space { bytes.removeLast() }
        return bytes
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
