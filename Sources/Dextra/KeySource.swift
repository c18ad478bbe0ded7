import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect
import Synchronization

/// Where signing keys come from: made and rotated here, or read from files.
protocol KeySource: Sendable {
    /// Brings the ring up to date.
    /// - Returns: whether the published keys changed.
    func refresh() async throws -> Bool
}

extension KeyKeeper: KeySource {}

/// `signer.type: file`: PEM files made by somebody else. The first one signs, all are published.
///
/// The store holds only their public halves and their times, so that the old key of a changed file stays published until its
/// tokens have expired, also across a restart and for other processes. A key that comes to the front while the program runs
/// is published for ``KeySchedule/lead`` before it signs, like one that is made here; until then the old one signs, from
/// memory if its file is gone.
actor KeyFiles: KeySource {
    private let paths: [String]
    private let passphrase: String?
    private let algorithm: SignatureAlgorithm?
    private let store: any KeyStore
    private let ring: KeyRing
    private let schedule: KeySchedule
    private let clock: any WallClock
    private let events: any EventLog
    private let read: @Sendable (String) throws -> String
    /// Keys that were in the files since the start, by id.
    private var held: [ExactText: SigningKey] = [:]
    private var lastTexts: [String] = []
    private var lastStored: [StoredSigningKey] = []

    init(
        paths: [String], passphrase: String?, algorithm: SignatureAlgorithm?, store: any KeyStore, ring: KeyRing,
        schedule: KeySchedule,
        clock: any WallClock, events: any EventLog, read: @escaping @Sendable (String) throws -> String
    ) {
        self.paths = paths
        self.passphrase = passphrase
        self.algorithm = algorithm
        self.store = store
        self.ring = ring
        self.schedule = schedule
        self.clock = clock
        self.events = events
        self.read = read
    }

    func refresh() async throws -> Bool {
        let texts = try paths.map(read)
        let keys = try zip(paths, texts).map { path, text in
            try Self.key(text, path: path, passphrase: passphrase, algorithm: algorithm)
        }
        for key in keys { held[key.keyID.exact] = key }
        try await record(keys)
        let stored = schedule.published(of: try await store.signingKeys(), at: clock.now)
        held = held.filter { entry in (keys.map(\.keyID.exact) + stored.map(\.keyID.exact)).contains(entry.key) }
        if isSameByBytes(texts, lastTexts), isSameByBytes(stored, lastStored), ring.current != nil { return false }
        publish(keys, stored)
        lastTexts = texts
        lastStored = stored
        return true
    }

    /// Tells the store about the first key, if it is not the latest there.
    private func record(_ keys: [SigningKey]) async throws {
        guard let first = keys.first else { return }
        let known = try await store.signingKeys()
        let newest = known.max { $0.activatesAt < $1.activatesAt }
        if newest?.keyID.exact == first.keyID.exact { return }
        let now = clock.now
        // Without the key that signed so far nobody could sign meanwhile.
        let former = schedule.active(of: known, at: now).flatMap { held[$0.keyID.exact] }
        let activation = former == nil ? now : schedule.activationOnDemand(after: newest, now: now)
        let won: Bool
        if let newest, known.contains(where: { $0.keyID.hasSameBytes(as: first.keyID) }) {
            won = try await store.reinstate(
                keyID: first.keyID, activatesAt: activation, after: newest.keyID,
                predecessorExpiresAt: schedule.expiry(successorActivatesAt: activation))
        } else {
            let record = StoredSigningKey(
                keyID: first.keyID, algorithm: first.algorithm, privateKeyPEM: try first.key.publicKey.pem(), createdAt: now,
                activatesAt: activation)
            won = try await store.insert(
                record, after: newest?.keyID,
                predecessorExpiresAt: newest.map { _ in schedule.expiry(successorActivatesAt: activation) })
        }
        // Another process may have been faster with the same file.
        if won { events.record(.keysRotated(newKeyID: first.keyID, activatesAt: Timestamp(activation).text)) }
    }

    /// The first key as soon as its time has come; until then the one that is active in the store, if it is at hand.
    private func signing(_ keys: [SigningKey], _ stored: [StoredSigningKey]) -> [(activatesAt: Date, key: SigningKey)] {
        guard let first = keys.first else { return [] }
        if let record = stored.first(where: { $0.keyID.hasSameBytes(as: first.keyID) }), record.activatesAt > clock.now,
            let former = schedule.active(of: stored, at: clock.now).flatMap({ held[$0.keyID.exact] })
        {
            return [(record.activatesAt, first), (.distantPast, former)]
        }
        return [(.distantPast, first)]
    }

    private func publish(_ keys: [SigningKey], _ stored: [StoredSigningKey]) {
        let now = clock.now
        let old = stored.filter { record in !keys.contains { $0.keyID.hasSameBytes(as: record.keyID) } }
        var verification = keys.map { ($0.key.publicKey, $0.keyID, $0.algorithm) }
        for record in old {
            if let key = try? PublicKey(pem: record.privateKeyPEM) {
                verification.append((key, record.keyID, record.algorithm))
            } else if let key = try? PrivateKey(pem: record.privateKeyPEM) {
                verification.append((key.publicKey, record.keyID, record.algorithm))
            }
        }
        var algorithms: [SignatureAlgorithm] = []
        for (_, _, algorithm) in verification where !algorithms.contains(algorithm) { algorithms.append(algorithm) }
        ring.replace(
            KeyRing.Keys(
                signing: signing(keys, stored),
                verification: verification.map { VerificationKey(keyID: $1, algorithms: [$2], material: .public($0)) },
                algorithms: algorithms,
                document: JWKSet(verification.map { Self.publication(of: $0, keyID: $1, algorithm: $2) }).json.serialized(),
                activeSince: schedule.active(of: stored, at: now)?.activatesAt ?? now))
    }

    private static func key(
        _ text: String, path: String, passphrase: String?, algorithm: SignatureAlgorithm?
    ) throws -> SigningKey {
        let key: PrivateKey
        do { key = try PrivateKey(pem: text, passphrase: passphrase) } catch {
            throw KeyFileError(path: path, reason: "\(error)")
        }
        let fitting = key.specification.algorithms
        guard let chosen = algorithm.map({ fitting.contains($0) ? $0 : nil }) ?? fitting.first else {
            throw KeyFileError(path: path, reason: "the key does not fit the algorithm \(algorithm?.rawValue ?? "")")
        }
        return try SigningKey(algorithm: chosen, key: key)
    }

    private static func publication(of key: PublicKey, keyID: String, algorithm: SignatureAlgorithm) -> JWK {
        var jwk = key.jwk
        jwk.keyID = keyID
        jwk.use = "sig"
        jwk.algorithm = algorithm.rawValue
        return jwk
    }
}

/// A key file that cannot be used.
struct KeyFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): \(reason)" }
}
