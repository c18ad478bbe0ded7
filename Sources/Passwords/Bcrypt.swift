import CCrypt
import Glibc

/// A bcrypt hash of a password.
///
/// Each check costs 2^cost rounds, by intent a good part of a second: call it on a pool of threads made for that.
public struct Bcrypt: Sendable, Hashable {
    /// The whole hash, 60 characters: `$2b$10$` with salt and digest.
    public let hash: String
    /// Binary logarithm of the number of rounds.
    public let cost: Int

    /// The costs that are accepted. bcrypt knows more, up to 31; but each step doubles the work, which nothing can interrupt: one
    /// check of cost 16 takes some seconds, one of 31 takes days. Dex has the same limit.
    public static let costs = 4...16
    /// The bytes of a password that bcrypt looks at.
    public static let maximumPasswordBytes = 72
    public static let saltByteCount = 16

    /// Accepts `$2a$`, `$2b$` and `$2y$`, which mean the same for passwords of at most 72 bytes.
    ///
    /// `$2x$` marks hashes of a faulty implementation under which different passwords collide, and is refused.
    public init(hash: String) throws(BcryptError) {
        let bytes = Array(hash.utf8)
        guard bytes.count == 60, bytes[0] == UInt8(ascii: "$"), bytes[1] == UInt8(ascii: "2"),
            bytes[2] == UInt8(ascii: "a") || bytes[2] == UInt8(ascii: "b") || bytes[2] == UInt8(ascii: "y"),
            bytes[3] == UInt8(ascii: "$"), bytes[6] == UInt8(ascii: "$"),
            let tens = Bcrypt.digit(bytes[4]), let ones = Bcrypt.digit(bytes[5]),
            bytes[7...].allSatisfy(Bcrypt.isOfAlphabet)
        else { throw .malformedHash }
        let cost = tens * 10 + ones
        guard Bcrypt.costs.contains(cost) else { throw .unacceptableCost(cost) }
        self.hash = hash
        self.cost = cost
    }

    /// Whether the hash is of this password. `false` for passwords that `hash` would refuse.
    ///
    /// Blocks for as long as the cost asks.
    public func matches(_ password: [UInt8]) -> Bool {
        guard (try? Bcrypt.check(password)) != nil, let computed = Bcrypt.crypt(password, setting: hash) else {
            return false
        }
        return Bcrypt.constantTimeEquals(computed, Array(hash.utf8))
    }

    /// A new hash, `$2b$`.
    ///
    /// - `password`: at most 72 bytes without NUL, as bcrypt ignores what follows.
    /// - `salt`: 16 random bytes.
    ///
    /// Blocks for as long as the cost asks.
    public static func hash(_ password: [UInt8], cost: Int, salt: [UInt8]) throws(BcryptError) -> String {
        try check(password)
        guard costs.contains(cost) else { throw .unacceptableCost(cost) }
        guard salt.count == saltByteCount else { throw .invalidSalt }
        guard let setting = setting(cost: cost, salt: salt), let hash = crypt(password, setting: setting) else {
            throw .unavailable
        }
        return String(decoding: hash, as: UTF8.self)
    }

    // MARK: libcrypt

    private static func setting(cost: Int, salt: [UInt8]) -> String? {
        let saltCharacters = salt.map { CChar(bitPattern: $0) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CRYPT_GENSALT_OUTPUT_SIZE)) { output in
            crypt_gensalt_rn(
                "$2b$", UInt(cost), saltCharacters, Int32(saltCharacters.count),
                output.baseAddress, Int32(output.count)
            ).map { String(cString: $0) }
        }
    }

    private static func crypt(_ password: [UInt8], setting: String) -> [UInt8]? {
        var phrase = password.map { CChar(bitPattern: $0) } + [0]
        // 32 KiB, which holds the password and keys made of it. Too large for the stack of a worker's thread.
        let size = MemoryLayout<crypt_data>.size
        guard let memory = calloc(1, size) else { return nil }
        let data = memory.bindMemory(to: crypt_data.self, capacity: 1)
        defer {
            explicit_bzero(memory, size)
            free(memory)
            explicit_bzero(&phrase, phrase.count)
        }
        guard let result = crypt_r(phrase, setting, data) else { return nil }
        let length = strnlen(result, 61)
        let hash = UnsafeRawBufferPointer(start: result, count: length)
        // Failures are not null but a text that starts with an asterisk.
        guard length == 60, hash.first == UInt8(ascii: "$") else { return nil }
        return Array(hash)
    }

    // MARK: Checks

    private static func check(_ password: [UInt8]) throws(BcryptError) {
        guard password.count <= maximumPasswordBytes else { throw .tooLong(bytes: password.count) }
        guard !password.contains(0) else { throw .containsNUL }
    }

    private static func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func digit(_ byte: UInt8) -> Int? {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte ? Int(byte - UInt8(ascii: "0")) : nil
    }

    private static func isOfAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
