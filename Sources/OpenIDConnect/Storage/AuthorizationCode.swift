public import FoundationEssentials

/// What an authorization code stands for. The code itself is never stored, only its SHA-256.
public struct AuthorizationCode: Sendable, Hashable {
    /// SHA-256 of the code; the key.
    public var hash: [UInt8]
    /// Everything issued for this code carries this id, so that it can be revoked together.
    @Exact public var grantID: String
    @Exact public var clientID: String
    @Exact public var redirectURI: String
    @Exact public var scopes: [String]
    /// Empty means none was sent.
    @Exact public var nonce: String
    public var authentication: Authentication
    public var codeChallenge: CodeChallenge?
    /// Names asked for by the `claims` parameter (OpenID Connect Core §5.5).
    @Exact public var requestedClaims: [String]
    public var expiresAt: Date
    /// When it was redeemed; a second redemption is an attack. Written by the store.
    public var redeemedAt: Date?

    public init(
        hash: [UInt8], grantID: String, clientID: String, redirectURI: String, scopes: [String], nonce: String,
        authentication: Authentication, codeChallenge: CodeChallenge?, requestedClaims: [String] = [], expiresAt: Date,
        redeemedAt: Date? = nil
    ) {
        self.hash = hash
        self.grantID = grantID
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.scopes = scopes
        self.nonce = nonce
        self.authentication = authentication
        self.codeChallenge = codeChallenge
        self.requestedClaims = requestedClaims
        self.expiresAt = expiresAt
        self.redeemedAt = redeemedAt
    }
}
