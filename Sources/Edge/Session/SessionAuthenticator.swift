/// Finds out whose session a cookie is.
public struct SessionAuthenticator: EdgeAuthenticator {
    private let sessions: EdgeSessions

    public init(_ sessions: EdgeSessions) { self.sessions = sessions }

    /// Nothing: without the request it is not known at which host the cookie arrived.
    public func known(_ credential: EdgeCredential) -> EdgeIdentity? { nil }

    public func known(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeIdentity? {
        guard case .session(let cookie) = credential else { return nil }
        return sessions.knownIdentity(cookie, host: request.host)
    }

    public func authenticate(_ credential: EdgeCredential, for request: EdgeRequest) async -> EdgeAuthentication {
        guard case .session(let cookie) = credential else { return .invalid(reason: "not a session") }
        switch await sessions.identity(cookie, host: request.host) {
        case .invalid(let reason): return .invalid(reason: reason)
        case .unavailable(let reason): return .unavailable(reason: reason)
        case .identity(let identity, let session, let newCookie):
            guard let newCookie else { return .identity(identity) }
            let fields = sessions.settings.cookie.fields(
                setting: newCookie, maximumAge: sessions.cookieAge(of: session), present: EdgeCookies.names(in: request.headers))
            return fields.map { .renewed(identity, setCookies: $0) } ?? .identity(identity)
        }
    }
}
