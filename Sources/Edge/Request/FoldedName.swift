import Bytes

/// The name of a header field as backends may see it: many of them, those of CGI's descent above all, hold upper and lower
/// case, `-`, `_`, `.` and other marks for the same. Two names that one of them could mistake for each other are equal here.
///
/// Any byte that is no ASCII letter or digit counts as `-`, and letters of ASCII have no case.
public struct FoldedName: Sendable, Hashable {
    private let bytes: [UInt8]

    public init(_ name: some StringProtocol) {
        bytes = name.utf8.map(Self.folded)
    }

    /// Whether a name is this one to some backend. Without the memory that a ``FoldedName`` of it takes.
    public func matches(_ name: some StringProtocol) -> Bool {
        let other = name.utf8
        guard other.count == bytes.count else { return false }
        return zip(bytes, other).allSatisfy { $0 == Self.folded($1) }
    }

    /// The name with `-` for all marks.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte.isASCIILetter || byte.isASCIIDigit ? byte.asciiLowercased : UInt8(ascii: "-")
    }
}

extension FoldedName: ExpressibleByStringLiteral {
    public init(stringLiteral value: StaticString) { self.init(value.description) }
}

/// Names that a name is to be found among, as ``FoldedName`` compares them. Finding takes no memory.
struct FoldedNames: Sendable {
    /// By length, which folding keeps.
    private var byLength: [[FoldedName]] = []

    init(_ names: some Sequence<String>) {
        for name in names {
            let length = name.utf8.count
            while byLength.count <= length { byLength.append([]) }
            let folded = FoldedName(name)
            if !byLength[length].contains(folded) { byLength[length].append(folded) }
        }
    }

    func contains(_ name: some StringProtocol) -> Bool {
        let length = name.utf8.count
        return length < byLength.count && byLength[length].contains { $0.matches(name) }
    }
}
