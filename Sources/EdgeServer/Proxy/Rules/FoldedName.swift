/// The name of a header field as backends may see it: many of them, those of CGI's descent above all, hold upper and lower
/// case, `-`, `_` and other marks for the same. Two names that one of them could mistake for each other are equal here.
struct FoldedName: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ name: some StringProtocol) {
        bytes = name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "-")
            }
        }
    }
}

extension FoldedName: ExpressibleByStringLiteral {
    init(stringLiteral value: StaticString) { self.init(value.description) }
}
