import Bytes
public import FoundationEssentials
public import JOSE

/// A signing key with its times, as every process on the same store must see it.
///
/// The key that signs at a moment is the one with the latest ``activatesAt`` that has passed. It is published from the
/// moment it is stored until ``expiresAt``.
public struct StoredSigningKey: Sendable, Hashable {
    /// RFC 7638 thumbprint.
    @Exact public var keyID: String
    public var algorithm: SignatureAlgorithm
    /// PKCS#8 PEM.
    @Exact public var privateKeyPEM: String
    public var createdAt: Date
    public var activatesAt: Date
    /// Set when a successor is stored: its activation plus the life of the last token this key may have signed.
    public var expiresAt: Date?

    public init(
        keyID: String, algorithm: SignatureAlgorithm, privateKeyPEM: String, createdAt: Date, activatesAt: Date,
        expiresAt: Date? = nil
    ) {
        self.keyID = keyID
        self.algorithm = algorithm
        self.privateKeyPEM = privateKeyPEM
        self.createdAt = createdAt
        self.activatesAt = activatesAt
        self.expiresAt = expiresAt
    }
}

extension StoredSigningKey {
    /// Whether the private half is here: a key that signs from files is stored without it, to be published only.
    var canSign: Bool { privateKeyPEM.containsBytes(of: "PRIVATE KEY") }
}

/// A key that seals sign-in states, with its version number.
public struct StoredSealingKey: Sendable {
    public var key: SealingKey
    public var createdAt: Date
    /// After this it neither seals nor opens.
    public var expiresAt: Date

    public init(key: SealingKey, createdAt: Date, expiresAt: Date) {
        self.key = key
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
