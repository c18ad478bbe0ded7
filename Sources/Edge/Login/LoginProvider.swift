import JOSE

/// Where people of the edge log in: Dextra itself, or another OpenID provider.
public protocol LoginProvider: Sendable {
    func addresses() async throws(LoginProviderError) -> LoginAddresses
    /// Redeems a code (RFC 6749 §4.1.3) and checks the ID token that comes of it.
    func redeem(_ code: LoginCode) async throws(LoginProviderError) -> LoginTokens
    /// - Parameter subject: whom the session is of; an answer about somebody else is refused.
    func refresh(_ refreshToken: String, subject: String) async throws(LoginProviderError) -> LoginTokens
    /// As far as the provider can; what goes wrong is for its own log.
    func revoke(_ refreshToken: String) async
}

public struct LoginAddresses: Sendable, Hashable {
    public var issuer: String
    public var authorization: String
    /// RP-initiated logout, when there is one.
    public var endSession: String?
    /// Whether every answer carries `iss` (RFC 9207 §3).
    public var sendsIssuer: Bool

    public init(issuer: String, authorization: String, endSession: String? = nil, sendsIssuer: Bool) {
        self.issuer = issuer
        self.authorization = authorization
        self.endSession = endSession
        self.sendsIssuer = sendsIssuer
    }
}

public struct LoginCode: Sendable, Hashable {
    public var code: String
    public var redirectURI: String
    /// RFC 7636 §4.1
    public var verifier: String
    public var nonce: String

    public init(code: String, redirectURI: String, verifier: String, nonce: String) {
        self.code = code
        self.redirectURI = redirectURI
        self.verifier = verifier
        self.nonce = nonce
    }
}

public struct LoginTokens: Sendable, Hashable {
    /// Checked. After a refresh nil means: as before (OpenID Connect Core §12.2).
    public var idToken: String?
    public var accessToken: String
    public var refreshToken: String?

    public init(idToken: String?, accessToken: String, refreshToken: String?) {
        self.idToken = idToken
        self.accessToken = accessToken
        self.refreshToken = refreshToken
    }
}

/// Why there are no tokens. Texts are for operators.
public enum LoginProviderError: Error, Sendable, Hashable {
    /// The provider says no to the person, or its answer is not for us.
    case refused(String)
    /// The provider does not answer, or does not know us: not a word about the person.
    case unavailable(String)
}
