#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads the hash of a password: bcrypt's text, or the base64 of it, as Dex accepts both.
enum PasswordHash {
    static func parse(_ text: String) throws(Mistake) -> Secret {
        if isBcrypt(text) { return Secret(text) }
        if let data = Data(base64Encoded: text) {
            let decoded = String(decoding: data, as: UTF8.self)
            if isBcrypt(decoded) { return Secret(decoded) }
        }
        throw Mistake(
            "not a bcrypt hash", hint: "it looks like $2b$10$ and 53 characters, with a cost from 04 to 31; dextra hash makes one"
        )
    }

    /// `$2a$`, `$2b$` or `$2y$`, a cost of two digits from 04 to 31, `$`, and 53 characters of bcrypt's base64.
    private static func isBcrypt(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, bytes[0] == UInt8(ascii: "$"), bytes[1] == UInt8(ascii: "2"), "aby".utf8.contains(bytes[2]),
            bytes[3] == UInt8(ascii: "$"), bytes[4...5].allSatisfy(isDigit), bytes[6] == UInt8(ascii: "$")
        else { return false }
        let cost = Int(bytes[4] - UInt8(ascii: "0")) * 10 + Int(bytes[5] - UInt8(ascii: "0"))
        return (4...31).contains(cost) && bytes[7...].allSatisfy(isBcryptDigit)
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
