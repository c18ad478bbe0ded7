/// Text whose identity is its bytes: the key of a set or a dictionary, and the subject of a `switch`.
///
/// `String` compares by Unicode's canonical equivalence and takes U+212A (Kelvin) for `K` and U+037E for `;`. The protocols compare
/// bytes (RFC 3986 §6.2.1, RFC 8259 §8.3), and two readers that compare differently let somebody in.
public struct ExactText: Sendable, Hashable {
    public let text: String

    @inlinable
    public init<Text: StringProtocol>(_ text: Text) {
        self.text = String(text)
    }

    @inlinable
    public static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(0xFF))
    }
}

extension ExactText: Comparable {
    /// The order of the bytes, which is the order of the code points.
    public static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

extension ExactText: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension ExactText: CustomStringConvertible {
    public var description: String { text }
}

extension StringProtocol where SubSequence == Substring {
    /// The same text, compared byte by byte.
    @inlinable
    public var exact: ExactText { ExactText(self) }
}

extension Sequence<String> {
    /// Whether one of the texts has the same bytes.
    @inlinable
    public func containsExactly(_ text: some StringProtocol) -> Bool {
        contains { $0.hasSameBytes(as: text) }
    }
}
