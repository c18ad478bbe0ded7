import Bytes

/// The cookies that are the edge's own: `name`, and `name_0`, `name_1` … when a value is divided, and those of log-ins
/// under way, whose names begin alike. No backend sees them, and none sets them.
///
/// Names are compared as the most forgiving reader would: some decode escapes in them, or take `.` and spaces for `_`, others
/// drop quotes, what is not ASCII, or case.
public struct EdgeCookieNames: Sendable {
    private let names: [[UInt8]]
    private let prefixes: [[UInt8]]

    /// - Parameter prefixes: what further cookies of the edge begin with.
    public init(_ names: [String], prefixes: [String] = []) {
        self.names = names.map(Self.folded)
        self.prefixes = prefixes.map(Self.folded)
    }

    private func contains(_ name: Substring) -> Bool {
        let name = Self.folded(name)
        return prefixes.contains { name.starts(with: $0) } || isNamed(name)
    }

    private func isNamed(_ name: [UInt8]) -> Bool {
        names.contains { own in
            guard name.starts(with: own) else { return false }
            let rest = name.dropFirst(own.count)
            if rest.isEmpty { return true }
            return rest.first == UInt8(ascii: "_") && rest.count > 1 && rest.dropFirst().allSatisfy(\.isASCIIDigit)
        }
    }

    /// Whether one of them is in a `Cookie` field.
    func occur(in cookie: String) -> Bool { !names.isEmpty && cookie.cut(at: ";").contains(where: holds) }

    /// A `Cookie` field without them; nil when nothing is left.
    func removed(from cookie: String) -> String? {
        guard occur(in: cookie) else { return cookie }
        let left = cookie.cut(at: ";").filter { !holds($0) }.map(\.trimmedOfOptionalWhitespace).filter { !$0.isEmpty }
        return left.isEmpty ? nil : left.joined(separator: "; ")
    }

    /// Whether a `Set-Cookie` field sets one of them.
    func areSet(by setCookie: String) -> Bool {
        !names.isEmpty && contains(Self.name(of: setCookie.cut(at: ";", most: 1)[0]))
    }

    /// Whether a part of a `Cookie` field has one of them. Old readers also divide at commas (RFC 2109 §4.4).
    private func holds(_ pair: Substring) -> Bool { pair.cut(at: ",").contains { contains(Self.name(of: $0)) } }

    /// What stands before the first `=`; all of it when there is none.
    private static func name(of pair: Substring) -> Substring { pair.cut(at: "=", most: 1)[0] }

    private static func folded<Text: StringProtocol>(_ name: Text) -> [UInt8] where Text.SubSequence == Substring {
        // Neither spaces nor quotes around a name are part of it.
        let bytes = Array(name.trimmed { $0 <= 0x20 || $0 == UInt8(ascii: "\"") }.utf8)
        var folded: [UInt8] = []
        folded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            {
                byte = high << 4 | low
                index += 2
            }
            index += 1
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "["): folded.append(UInt8(ascii: "_"))
            case 0x21...0x7E where byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'"): folded.append(byte.asciiLowercased)
            // Quotes, control characters, what is not ASCII.
            default: break
            }
        }
        return folded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        guard byte.isASCIIHexDigit else { return nil }
        return byte.isASCIIDigit ? byte - 0x30 : byte.asciiLowercased - 0x61 + 10
    }
}
