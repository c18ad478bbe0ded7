public import FoundationEssentials

/// A family of refresh tokens: one login of one person at one client. Only hashes of the tokens' secrets are stored.
public struct RefreshGrant: Sendable, Hashable {
    /// The constant part of the family's tokens, the id of the row, and the id that its access tokens carry.
    @Exact public var id: String
    @Exact public var clientID: String
    @Exact public var scopes: [String]
    @Exact public var nonce: String
    public var authentication: Authentication
    @Exact public var requestedClaims: [String]
    public var createdAt: Date
    public var lastUsedAt: Date
    /// SHA-256 of the secret that is valid now.
    public var secretHash: [UInt8]
    /// SHA-256 of the secret before it: accepted within the reuse interval, a theft after it.
    public var previousSecretHash: [UInt8]?

    public init(
        id: String, clientID: String, scopes: [String], nonce: String, authentication: Authentication,
        requestedClaims: [String] = [], createdAt: Date, lastUsedAt: Date, secretHash: [UInt8],
        previousSecretHash: [UInt8]? = nil
    ) {
        self.id = id
        self.clientID = clientID
        self.scopes = scopes
        self.nonce = nonce
        self.authentication = authentication
        self.requestedClaims = requestedClaims
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.secretHash = secretHash
        self.previousSecretHash = previousSecretHash
    }
}
