import Bytes
import FoundationEssentials
public import JOSE

/// Keeps a ``KeyRing`` true to the store: makes the first key, stores successors in time, drops what nobody needs.
///
/// Call ``refresh()`` at start and every ``pollInterval``; several processes on one store do this without a leader, because
/// the store lets only one of them add the successor of a key.
public actor KeyKeeper {
    /// Far shorter than ``KeySchedule/lead``, so that every process has a key before it signs.
    public static let pollInterval: Duration = .seconds(10)

    private let store: any SigningKeyStore
    private let ring: KeyRing
    private let schedule: KeySchedule
    private let algorithm: SignatureAlgorithm
    private let clock: any WallClock
    private let events: any EventLog
    private let generate: @Sendable (KeySpecification) async throws -> PrivateKey
    /// Parsed once: reading a PEM costs more than a signature.
    private var parsed: [ExactText: PrivateKey] = [:]
    private var shown: [StoredSigningKey] = []

    /// - Parameters:
    ///   - algorithm: of new keys; keys of another algorithm stay until their turn to be replaced.
    ///   - generate: makes a key pair away from the event loop.
    public init(
        store: any SigningKeyStore, ring: KeyRing, schedule: KeySchedule, algorithm: SignatureAlgorithm, clock: any WallClock,
        events: any EventLog, generate: @escaping @Sendable (KeySpecification) async throws -> PrivateKey
    ) {
        self.store = store
        self.ring = ring
        self.schedule = schedule
        self.algorithm = algorithm
        self.clock = clock
        self.events = events
        self.generate = generate
    }

    /// Brings the ring up to date.
    /// - Returns: whether the published keys or the signing key changed.
    @discardableResult
    public func refresh() async throws -> Bool {
        var keys = try await store.signingKeys()
        let newest = keys.max { $0.activatesAt < $1.activatesAt }
        let now = clock.now
        // The active key may be a public half, of a key that signed from a file. The own key before it cannot sign in its
        // place: it leaves when its last token has expired, and what it signed now would live longer.
        let canSign = schedule.active(of: schedule.published(of: keys, at: now), at: now)?.canSign ?? false
        if newest.map({ schedule.successorDue(after: $0, now: now) }) ?? true || !canSign {
            try await addKey(after: newest) { canSign ? schedule.activation(after: newest, now: $0) : $0 }
            keys = try await store.signingKeys()
        }
        return try publish(keys)
    }

    /// Stores a successor now, whatever the schedule says: `dextra key rotate`. It signs after ``KeySchedule/lead``.
    public func rotate() async throws -> StoredSigningKey {
        let newest = try await store.signingKeys().max { $0.activatesAt < $1.activatesAt }
        let key = try await addKey(after: newest) { schedule.activationOnDemand(after: newest, now: $0) }
        try await refresh()
        return key
    }

    @discardableResult
    private func addKey(
        after newest: StoredSigningKey?, activatingAt activation: (_ now: Date) -> Date
    ) async throws -> StoredSigningKey {
        let pair = try await generate(algorithm.defaultKeySpecification ?? .rsa(bits: 2048))
        let now = clock.now
        let activation = activation(now)
        let key = StoredSigningKey(
            keyID: pair.publicKey.thumbprint, algorithm: algorithm, privateKeyPEM: try pair.pem(), createdAt: now,
            activatesAt: activation)
        let won = try await store.insert(
            key, after: newest?.keyID, predecessorExpiresAt: newest.map { _ in schedule.expiry(successorActivatesAt: activation) }
        )
        if won {
            parsed[key.keyID.exact] = pair
            events.record(.keysRotated(newKeyID: key.keyID, activatesAt: Timestamp(activation).text))
        }
        return key
    }

    private func publish(_ keys: [StoredSigningKey]) throws -> Bool {
        let now = clock.now
        let published = schedule.published(of: keys, at: now)
        // characters: of these texts none, as they are `@Exact`
        guard published != shown || ring.current == nil else { return false }
        parsed = parsed.filter { entry in published.contains { $0.keyID.exact == entry.key } }
        var signing: [(activatesAt: Date, key: SigningKey)] = []
        var verification: [(activatesAt: Date, key: VerificationKey, jwk: JWK)] = []
        for stored in published {
            if stored.canSign {
                let pair = try parsed[stored.keyID.exact] ?? PrivateKey(storedPEM: stored.privateKeyPEM)
                parsed[stored.keyID.exact] = pair
                signing.append((stored.activatesAt, try SigningKey(keyID: stored.keyID, algorithm: stored.algorithm, key: pair)))
                verification.append(publication(of: pair.publicKey, as: stored))
            } else {
                verification.append(publication(of: try PublicKey(pem: stored.privateKeyPEM), as: stored))
            }
        }
        signing.sort { $0.activatesAt > $1.activatesAt }
        let active = schedule.active(of: published, at: now)
        verification.sort { one, other in
            if one.key.keyID?.exact == active?.keyID.exact { return true }
            if other.key.keyID?.exact == active?.keyID.exact { return false }
            return one.activatesAt > other.activatesAt
        }
        ring.replace(
            KeyRing.Keys(
                signing: signing, verification: verification.map(\.key),
                algorithms: Self.unique(verification.flatMap { $0.key.algorithms }),
                document: JWKSet(verification.map(\.jwk)).json.serialized(), activeSince: active?.activatesAt ?? now))
        shown = published
        return true
    }

    private func publication(
        of key: PublicKey, as stored: StoredSigningKey
    ) -> (activatesAt: Date, key: VerificationKey, jwk: JWK) {
        var jwk = key.jwk
        jwk.keyID = stored.keyID
        jwk.use = "sig"
        jwk.algorithm = stored.algorithm.rawValue
        return (
            stored.activatesAt, VerificationKey(keyID: stored.keyID, algorithms: [stored.algorithm], material: .public(key)), jwk
        )
    }

    private static func unique(_ algorithms: [SignatureAlgorithm]) -> [SignatureAlgorithm] {
        var seen: Set<SignatureAlgorithm> = []
        return algorithms.filter { seen.insert($0).inserted }
    }
}
