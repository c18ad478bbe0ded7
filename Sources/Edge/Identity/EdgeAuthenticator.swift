/// What a request brings along to prove who asks.
public enum EdgeCredential: Sendable, Hashable {
    /// A token, from `Authorization` or wherever the configuration allows it.
    case bearer(String)
    /// The value of the session cookie, its chunks put together.
    case session(String)
    /// The element of `x-forwarded-client-cert` that the trusted proxy in front wrote.
    case certificate(String)
}

/// What came of looking at a credential.
public enum EdgeAuthentication: Sendable {
    case identity(EdgeIdentity)
    /// As above, and the browser must be given these cookies: a session was renewed.
    case renewed(EdgeIdentity, setCookies: [String])
    /// It proves nothing. The reason is shown to the client and names no secret: "the token has expired".
    case invalid(reason: String)
    /// It cannot be known now; the reason is for operators.
    case unavailable(reason: String)
}

/// Finds out who a credential belongs to.
public protocol EdgeAuthenticator: Sendable {
    /// What is known without waiting: called on event loops. Nil means: ask ``authenticate(_:for:)``.
    func known(_ credential: EdgeCredential) -> EdgeIdentity?

    /// As above, for those to whom it matters where in the request the credential stands.
    func known(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeIdentity?

    /// What can be found out without waiting and in little time: called on event loops. Nil means: ask
    /// ``authenticate(_:for:)``.
    func authenticateNow(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeAuthentication?

    /// May ask others, and check signatures.
    func authenticate(_ credential: EdgeCredential, for request: EdgeRequest) async -> EdgeAuthentication
}

extension EdgeAuthenticator {
    public func known(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeIdentity? { known(credential) }

    public func authenticateNow(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeAuthentication? {
        known(credential, for: request).map { .identity($0) }
    }
}
