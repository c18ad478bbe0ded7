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
/// The store holds only their public halves, so that the old key of a changed file stays published until its tokens have
/// expired, also across a restart and for other processes.
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
        try await record(keys)
        let stored = schedule.published(of: try await store.signingKeys(), at: clock.now)
        if texts == lastTexts, stored == lastStored, ring.current != nil { return false }
        publish(keys, stored)
        lastTexts = texts
        lastStored = stored
        return true
    }

    /// Tells the store about the key that signs, if it is a new one.
    private func record(_ keys: [SigningKey]) async throws {
        guard let first = keys.first else { return }
        let known = try await store.signingKeys()
        let newest = known.max { $0.activatesAt < $1.activatesAt }
        if newest?.keyID == first.keyID { return }
        let now = clock.now
        let record = StoredSigningKey(
            keyID: first.keyID, algorithm: first.algorithm, privateKeyPEM: try first.key.publicKey.pem(), createdAt: now,
            activatesAt: now)
        // Another process may have been faster with the same file.
        _ = try await store.insert(
            record, after: newest?.keyID, predecessorExpiresAt: newest.map { _ in schedule.expiry(successorActivatesAt: now) })
        events.record(.keysRotated(newKeyID: first.keyID, activatesAt: Timestamp(now).text))
    }

    private func publish(_ keys: [SigningKey], _ stored: [StoredSigningKey]) {
        let now = clock.now
        let old = stored.filter { record in !keys.contains { $0.keyID == record.keyID } }
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
                signing: keys.prefix(1).map { (.distantPast, $0) },
                verification: verification.map { VerificationKey(keyID: $1, algorithms: [$2], material: .public($0)) },
                algorithms: algorithms,
                document: JWKSet(verification.map { Self.publication(of: $0, keyID: $1, algorithm: $2) }).json.serialized(),
                activeSince: stored.first { $0.keyID == keys.first?.keyID }?.activatesAt ?? now))
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
