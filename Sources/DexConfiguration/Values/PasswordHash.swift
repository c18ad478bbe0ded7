#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads the hash of a password: bcrypt's text, or the base64 of it, as Dex accepts both.
enum PasswordHash {
    /// As the module Passwords accepts them: a check of a higher cost would keep a processor for minutes to days.
    static let costs = 4...16

    static func parse(_ text: String) throws(Mistake) -> Secret {
        let decoded = Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) }
        for text in [text, decoded].compactMap(\.self) {
            guard let cost = cost(of: text) else { continue }
            guard costs.contains(cost) else {
                throw Mistake(
                    "a bcrypt hash of cost \(cost), and only \(costs.lowerBound) to \(costs.upperBound) are accepted",
                    hint: cost < costs.lowerBound
                        ? "bcrypt knows no lower cost; dextra hash makes one of cost 10"
                        : "a login would take minutes to days; dextra hash makes one of cost 10")
            }
            return Secret(text)
        }
        throw Mistake(
            "not a bcrypt hash", hint: "it looks like $2b$10$ and 53 characters, with a cost from 04 to 16; dextra hash makes one"
        )
    }

    /// The cost in `$2a$`, `$2b$` or `$2y$`, a cost of two digits, `$`, and 53 characters of bcrypt's base64; nil for anything else.
    private static func cost(of text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, bytes[0] == UInt8(ascii: "$"), bytes[1] == UInt8(ascii: "2"), "aby".utf8.contains(bytes[2]),
            bytes[3] == UInt8(ascii: "$"), bytes[4...5].allSatisfy(isDigit), bytes[6] == UInt8(ascii: "$")
        else { return nil }
        guard bytes[7...].allSatisfy(isBcryptDigit) else { return nil }
        return Int(bytes[4] - UInt8(ascii: "0")) * 10 + Int(bytes[5] - UInt8(ascii: "0"))
    }

    private static func isBcryptDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ".")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
