import Synchronization

/// What is known of tokens, by their digests: bounded in number and bytes, each for its time. Split into shards, so that event
/// loops seldom wait for each other.
final class DigestCache<Value: Sendable>: Sendable {
    /// A moment between two clearings; see ``insert(_:_:bytes:expires:since:)``.
    struct Epoch: Sendable, Hashable {
        fileprivate let number: Int
    }

    struct Statistics: Sendable, Hashable {
        var hits = 0
        var misses = 0
        var count = 0
        var bytes = 0
    }

    private struct Entry {
        let value: Value
        /// Seconds since 1970.
        let expires: Double
        let bytes: Int
        let number: Int
    }

    private struct State {
        var entries: [TokenDigest: Entry] = [:]
        var bytes = 0
        /// In the order of insertion; what is gone from `entries`, or was replaced there, is skipped.
        var order: [(digest: TokenDigest, number: Int)] = []
        var oldest = 0
        var inserted = 0
        var hits = 0
        var misses = 0
    }

    private final class Shard: Sendable {
        let state = Mutex(State())
    }

    private let shards: [Shard]
    private let countLimit: Int
    private let byteLimit: Int
    private let epochNumber = Atomic(0)

    /// - Parameters:
    ///   - countLimit: tokens kept at most, and `byteLimit` their bytes, over all shards.
    ///   - shards: a power of two.
    init(countLimit: Int, byteLimit: Int, shards: Int = 16) {
        self.shards = (0..<shards).map { _ in Shard() }
        self.countLimit = max(1, countLimit / shards)
        self.byteLimit = byteLimit / shards
    }

    private subscript(digest: TokenDigest) -> Shard { shards[digest.shard & (shards.count - 1)] }

    /// Taken before something is found out, so that a clearing meanwhile is not outlived by it.
    var epoch: Epoch { Epoch(number: epochNumber.load(ordering: .acquiring)) }

    func value(for digest: TokenDigest, now: Double) -> Value? {
        self[digest].state.withLock { state in
            guard let entry = state.entries[digest], now < entry.expires else {
                state.misses &+= 1
                return nil
            }
            state.hits &+= 1
            return entry.value
        }
    }

    /// - Parameters:
    ///   - bytes: how much memory it takes, about.
    ///   - expires: seconds since 1970; from then on it is not given.
    ///   - epoch: of the time before it was found out; nothing is kept if ``clear()`` was called since.
    func insert(_ digest: TokenDigest, _ value: Value, bytes: Int, expires: Double, since epoch: Epoch) {
        let bytes = bytes + 2 * TokenDigest.byteCount
        guard bytes <= byteLimit else { return }
        self[digest].state.withLock { state in
            guard self.epoch == epoch else { return }
            if let replaced = state.entries.removeValue(forKey: digest) { state.bytes -= replaced.bytes }
            while state.entries.count >= countLimit || state.bytes + bytes > byteLimit { Self.dropOldest(&state) }
            state.inserted += 1
            state.entries[digest] = Entry(value: value, expires: expires, bytes: bytes, number: state.inserted)
            state.order.append((digest, state.inserted))
            state.bytes += bytes
            Self.compact(&state)
        }
    }

    func remove(_ digest: TokenDigest) {
        self[digest].state.withLock { state in
            if let entry = state.entries.removeValue(forKey: digest) { state.bytes -= entry.bytes }
        }
    }

    /// Forgets everything, and what is being found out at this moment too.
    func clear() {
        epochNumber.add(1, ordering: .acquiringAndReleasing)
        for shard in shards {
            shard.state.withLock { state in
                state = State(inserted: state.inserted, hits: state.hits, misses: state.misses)
            }
        }
    }

    /// Forgets what nobody will be given any more: it names people.
    func prune(now: Double) {
        for shard in shards {
            shard.state.withLock { state in
                for (digest, entry) in state.entries where entry.expires <= now {
                    state.entries.removeValue(forKey: digest)
                    state.bytes -= entry.bytes
                }
                Self.compact(&state)
            }
        }
    }

    var statistics: Statistics {
        var sum = Statistics()
        for shard in shards {
            shard.state.withLock { state in
                sum.hits &+= state.hits
                sum.misses &+= state.misses
                sum.count += state.entries.count
                sum.bytes += state.bytes
            }
        }
        return sum
    }

    private static func dropOldest(_ state: inout State) {
        while state.oldest < state.order.count {
            let (digest, number) = state.order[state.oldest]
            state.oldest += 1
            guard let entry = state.entries[digest], entry.number == number else { continue }
            state.entries.removeValue(forKey: digest)
            state.bytes -= entry.bytes
            return
        }
    }

    /// Keeps the order's memory in proportion to what is kept.
    private static func compact(_ state: inout State) {
        guard state.order.count > 2 * state.entries.count + 64 else { return }
        state.order = state.order[state.oldest...].filter { state.entries[$0.digest]?.number == $0.number }
        state.oldest = 0
    }
}
