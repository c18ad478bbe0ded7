public import FoundationEssentials
public import JOSE
import Synchronization

/// The keys in use, for reading without waiting. ``KeyKeeper`` replaces them.
public final class KeyRing: Sendable {
    /// One moment's keys.
    public struct Keys: Sendable {
        /// By activation, latest first; only those whose private key is here.
        public let signing: [(activatesAt: Date, key: SigningKey)]
        public let verification: [VerificationKey]
        /// The algorithms of the published keys, the signing key's first.
        public let algorithms: [SignatureAlgorithm]
        /// The document of `jwks_uri`: signing key first, public members only.
        public let document: [UInt8]
        /// When the signing key began to sign, for metrics.
        public let activeSince: Date

        public init(
            signing: [(activatesAt: Date, key: SigningKey)], verification: [VerificationKey], algorithms: [SignatureAlgorithm],
            document: [UInt8], activeSince: Date
        ) {
            self.signing = signing
            self.verification = verification
            self.algorithms = algorithms
            self.document = document
            self.activeSince = activeSince
        }

        /// The key that signs at `now`.
        public func signingKey(at now: Date) -> SigningKey? {
            signing.first { $0.activatesAt <= now }?.key
        }
    }

    private struct State {
        var keys: Keys?
        var waiting: [UnsafeContinuation<Keys, Never>] = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Nil until the first keys are there.
    public var current: Keys? { state.withLock { $0.keys } }

    /// The keys; right after the first start this waits for them.
    public var keys: Keys {
        get async {
            if let keys = current { return keys }
            return await withUnsafeContinuation { continuation in
                let keys: Keys? = state.withLock {
                    if $0.keys == nil { $0.waiting.append(continuation) }
                    return $0.keys
                }
                if let keys { continuation.resume(returning: keys) }
            }
        }
    }

    public func replace(_ keys: Keys) {
        let waiting = state.withLock { state in
            state.keys = keys
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: keys) }
    }
}
