import JOSE
import Synchronization

/// Answers to the bearers of tokens that were verified before: `userinfo` asked again costs no signature check.
///
/// An answer is dropped when its token expires, when room is needed (oldest first), and with all others by ``clear()``,
/// which whoever revokes anything must call.
public final class BearerAnswers: Sendable {
    /// A moment between two clearings; see ``insert(_:body:expires:since:)``.
    public struct Epoch: Sendable, Hashable {
        fileprivate let number: Int
    }

    /// SHA-256 of a token: a fifth of its size, and worth nothing to whoever reads this process's memory later.
    private struct Digest: Hashable {
        static let byteCount = 32
        let words: (UInt64, UInt64, UInt64, UInt64)

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

        static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
    }

    private struct Entry {
        let body: [UInt8]
        let expires: Int64
        let number: Int
    }

    private struct State {
        var entries: [Digest: Entry] = [:]
        var bytes = 0
        /// In the order of insertion; what is gone from `entries`, or was replaced there, is skipped.
        var order: [(token: Digest, number: Int)] = []
        var oldest = 0
        var inserted = 0
        var epoch = 0
    }

    private let state = Mutex(State())
    private let countLimit: Int
    private let byteLimit: Int
    private let clock: WallClock

    /// - Parameters:
    ///   - countLimit: tokens kept at most.
    ///   - byteLimit: bytes of digests and bodies kept at most.
    ///   - clock: what expiry is measured by: the provider's clock.
    public init(countLimit: Int = 8192, byteLimit: Int = 2 << 20, clock: WallClock) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
        self.clock = clock
    }

    /// Taken before a token is verified, so that a revocation meanwhile is not outlived by the answer.
    public var epoch: Epoch {
        state.withLock { Epoch(number: $0.epoch) }
    }

    /// - Parameters:
    ///   - body: the JSON that the token's bearer gets, with status 200.
    ///   - expires: seconds since 1970; from this second on the answer is not given.
    ///   - epoch: of the time before verification; nothing is kept if ``clear()`` was called since.
    public func insert(_ token: String, body: [UInt8], expires: Int64, since epoch: Epoch) {
        let size = Digest.byteCount + body.count
        guard size <= byteLimit, countLimit > 0, expires > clock.seconds else { return }
        let token = Digest(token)
        state.withLock { state in
            guard state.epoch == epoch.number else { return }
            if let replaced = state.entries.removeValue(forKey: token) {
                state.bytes -= Digest.byteCount + replaced.body.count
            }
            while state.entries.count >= countLimit || state.bytes + size > byteLimit { Self.dropOldest(&state) }
            state.inserted += 1
            state.entries[token] = Entry(body: body, expires: expires, number: state.inserted)
            state.order.append((token, state.inserted))
            state.bytes += size
            Self.compact(&state)
        }
    }

    /// Forgets everything, and what is being verified at this moment too.
    public func clear() {
        state.withLock { state in
            state = State(inserted: state.inserted, epoch: state.epoch + 1)
        }
    }

    public var count: Int { state.withLock { $0.entries.count } }

    func body(for token: String) -> [UInt8]? {
        let token = Digest(token)
        let entry = state.withLock { $0.entries[token] }
        guard let entry, entry.expires > clock.seconds else { return nil }
        return entry.body
    }

    private static func dropOldest(_ state: inout State) {
        while state.oldest < state.order.count {
            let (token, number) = state.order[state.oldest]
            state.oldest += 1
            guard let entry = state.entries[token], entry.number == number else { continue }
            state.entries.removeValue(forKey: token)
            state.bytes -= Digest.byteCount + entry.body.count
            return
        }
    }

    /// Keeps the order's memory in proportion to what is kept.
    private static func compact(_ state: inout State) {
        guard state.order.count > 2 * state.entries.count + 64 else { return }
        state.order = state.order[state.oldest...].filter { state.entries[$0.token]?.number == $0.number }
        state.oldest = 0
    }
}
