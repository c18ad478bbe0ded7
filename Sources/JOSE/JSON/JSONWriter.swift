extension JSON {
    /// Whether a serialization is for programs or for people.
    public enum Layout: Sendable {
        case compact
        /// One member a line, each level further in by this many spaces.
        case indented(spaces: Int)
    }

    /// The JSON text in UTF-8, without white space.
    public func serialized() -> [UInt8] {
        serialized(.compact)
    }

    /// The JSON text in UTF-8, one member a line, each level further in by `indent` spaces.
    public func serialized(indent: Int) -> [UInt8] {
        serialized(.indented(spaces: indent))
    }

    /// The JSON text in UTF-8.
    public func serialized(_ layout: Layout) -> [UInt8] {
        var writer = JSONWriter(layout: layout)
        writer.write(self)
        return writer.bytes
    }

    /// The compact JSON text as a string.
    public var text: String {
        String(decoding: serialized(), as: UTF8.self)
    }
}

extension JSONObject {
    /// The JSON text in UTF-8, without white space.
    public func serialized() -> [UInt8] {
        JSON.object(self).serialized()
    }
}

private struct JSONWriter {
    var bytes: [UInt8] = []
    let indent: Int?
    var level = 0

    init(layout: JSON.Layout) {
        indent =
            switch layout {
            case .compact: nil
            case .indented(let spaces): spaces
            }
        bytes.reserveCapacity(512)
    }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(true): bytes.append(contentsOf: "true".utf8)
        case .bool(false): bytes.append(contentsOf: "false".utf8)
        case .integer(let value): bytes.append(contentsOf: value.description.utf8)
        // Swift prints the shortest decimal that reads back as the same value.
        // JSON has no infinities; `null` is what ECMAScript writes for them too.
        case .number(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let value): write(value)
        case .array(let elements): write(elements)
        case .object(let object): write(object)
        }
    }

    private mutating func write(_ elements: [JSON]) {
        bytes.append(UInt8(ascii: "["))
        level += 1
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine()
            write(element)
        }
        level -= 1
        if !elements.isEmpty { breakLine() }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) {
        bytes.append(UInt8(ascii: "{"))
        level += 1
        var isFirst = true
        object.forEachMember { name, value in
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            breakLine()
            write(name)
            bytes.append(UInt8(ascii: ":"))
            if indent != nil { bytes.append(UInt8(ascii: " ")) }
            write(value)
        }
        level -= 1
        if !isFirst { breakLine() }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func breakLine() {
        guard let indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(indent, 0) * level))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var runStart = 0
            for index in utf8.indices {
                let byte = utf8[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                bytes.append(contentsOf: utf8[runStart..<index])
                appendEscape(of: byte)
                runStart = index + 1
            }
            bytes.append(contentsOf: utf8[runStart...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            let low = byte & 0xF
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        default: bytes.append(byte)
        }
    }
}
