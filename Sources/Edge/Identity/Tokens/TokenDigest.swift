import JOSE

/// SHA-256 of a token: a fraction of its size, and worth nothing to whoever reads this process's memory later.
struct TokenDigest: Sendable, Hashable {
    static let byteCount = 32
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(_ token: String) {
        let hash = HashAlgorithm.sha256.hash(token.utf8)
        words = hash.withUnsafeBytes { bytes in
            (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            )
        }
    }

    /// For spreading tokens over shards; independent of what ``hash(into:)`` takes.
    var shard: Int { Int(truncatingIfNeeded: words.3) & Int.max }

    static func == (left: TokenDigest, right: TokenDigest) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
