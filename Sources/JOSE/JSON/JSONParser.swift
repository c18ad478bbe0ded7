extension JSON {
    /// Arrays and objects within each other; more is refused, so that no input exhausts the stack.
    public static let maximumDepth = 32

    /// Reads one JSON text: strict RFC 8259, UTF-8 without a byte order mark, no duplicate member names.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            var parser = JSONParser(bytes: buffer)
            return try parser.parseText()
        }
    }

    /// Reads one JSON text.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A recursive descent over bytes that lives no longer than the buffer it is given.
private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func parseText() throws(JSONError) -> JSON {
        let value = try parseValue()
        skipWhitespace()
        guard position == bytes.count else { throw .trailingBytes(offset: position) }
        return value
    }

    private mutating func parseValue() throws(JSONError) -> JSON {
        skipWhitespace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parse("true", as: .bool(true))
        case UInt8(ascii: "f"): return try parse("false", as: .bool(false))
        case UInt8(ascii: "n"): return try parse("null", as: .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw .unexpectedByte(offset: position)
        }
    }

    // MARK: Structure

    private mutating func parseObject() throws(JSONError) -> JSONObject {
        try enter()
        defer { depth -= 1 }
        // A few names are searched one by one; many would make that quadratic.
        var seen: Set<[UInt8]>?
        skipWhitespace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return JSONObject()
        }
        var object = JSONObject(capacity: 8)
        while true {
            skipWhitespace()
            guard try peek() == UInt8(ascii: "\"") else { throw .unexpectedByte(offset: position) }
            let name = try parseString()
            if object.count == 16 {
                seen = Set(object.members.map { Array($0.name.utf8) })
            }
            let isNew = seen?.insert(Array(name.utf8)).inserted ?? (object[name] == nil)
            guard isNew else { throw .duplicateName(name) }
            skipWhitespace()
            try expect(UInt8(ascii: ":"))
            object.append(name, try parseValue())
            skipWhitespace()
            if try next() == UInt8(ascii: ",") { continue }
            guard bytes[position - 1] == UInt8(ascii: "}") else { throw .unexpectedByte(offset: position - 1) }
            return object
        }
    }

    private mutating func parseArray() throws(JSONError) -> [JSON] {
        try enter()
        defer { depth -= 1 }
        var elements: [JSON] = []
        skipWhitespace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try parseValue())
            skipWhitespace()
            if try next() == UInt8(ascii: ",") { continue }
            guard bytes[position - 1] == UInt8(ascii: "]") else { throw .unexpectedByte(offset: position - 1) }
            return elements
        }
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= JSON.maximumDepth else { throw .tooDeep(offset: position) }
        position += 1
    }

    // MARK: Scalars

    private mutating func parse(_ word: StaticString, as value: JSON) throws(JSONError) -> JSON {
        for index in 0..<word.utf8CodeUnitCount {
            try expect(word.utf8Start[index])
        }
        return value
    }

    private mutating func parseNumber() throws(JSONError) -> JSON {
        let start = position
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let integerStart = position
        skipDigits()
        let digits = position - integerStart
        guard digits == 1 || (digits > 1 && bytes[integerStart] != UInt8(ascii: "0")) else {
            throw .invalidNumber(offset: start)
        }
        var isInteger = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard skipDigits() > 0 else { throw .invalidNumber(offset: start) }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard skipDigits() > 0 else { throw .invalidNumber(offset: start) }
        }
        if isInteger, let value = exactInteger(from: integerStart, isNegative: isNegative) {
            return .integer(value)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw .invalidNumber(offset: start) }
        return .number(value)
    }

    private func exactInteger(from start: Int, isNegative: Bool) -> Int64? {
        var value: Int64 = 0
        for index in start..<position {
            let digit = Int64(bytes[index] &- UInt8(ascii: "0"))
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            // Counts downward for negatives, as -2^63 has no positive counterpart.
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    private mutating func parseString() throws(JSONError) -> String {
        let start = position
        position += 1
        let contentStart = position
        while true {
            let byte = try next()
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                position -= 1
                return try parseEscapedString(start: start, contentStart: contentStart)
            }
            guard byte >= 0x20 else { throw .unexpectedByte(offset: position - 1) }
        }
        let content = UnsafeBufferPointer(rebasing: bytes[contentStart..<position - 1])
        guard let text = String(validating: content, as: UTF8.self) else { throw .invalidString(offset: start) }
        return text
    }

    /// Goes on at the first backslash, now copying.
    private mutating func parseEscapedString(start: Int, contentStart: Int) throws(JSONError) -> String {
        var content = Array(bytes[contentStart..<position])
        while true {
            let byte = try next()
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw .unexpectedByte(offset: position - 1) }
            guard byte == UInt8(ascii: "\\") else {
                content.append(byte)
                continue
            }
            switch try next() {
            case UInt8(ascii: "\""): content.append(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): content.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "/"): content.append(UInt8(ascii: "/"))
            case UInt8(ascii: "b"): content.append(0x08)
            case UInt8(ascii: "f"): content.append(0x0C)
            case UInt8(ascii: "n"): content.append(0x0A)
            case UInt8(ascii: "r"): content.append(0x0D)
            case UInt8(ascii: "t"): content.append(0x09)
            case UInt8(ascii: "u"):
                let scalar = try parseEscapedScalar(start: start)
                content.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: throw .unexpectedByte(offset: position - 1)
            }
        }
        guard let text = String(validating: content, as: UTF8.self) else { throw .invalidString(offset: start) }
        return text
    }

    private mutating func parseEscapedScalar(start: Int) throws(JSONError) -> Unicode.Scalar {
        let unit = try parseHexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // Not a scalar: half of a surrogate pair, whose other half has to follow.
        guard UTF16.isLeadSurrogate(unit), try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
            throw .invalidString(offset: start)
        }
        let trail = try parseHexUnit()
        guard UTF16.isTrailSurrogate(trail) else { throw .invalidString(offset: start) }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func parseHexUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let byte = try next()
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw .unexpectedByte(offset: position - 1)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    // MARK: Bytes

    private func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw .unexpectedEnd }
        return bytes[position]
    }

    private mutating func next() throws(JSONError) -> UInt8 {
        let byte = try peek()
        position += 1
        return byte
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try next() == byte else { throw .unexpectedByte(offset: position - 1) }
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    @discardableResult
    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] {
            position += 1
        }
        return position - start
    }
}
