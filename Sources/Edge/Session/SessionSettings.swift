/// How sessions are kept, and for how long.
public struct SessionSettings: Sendable, Hashable {
    public enum Keeping: Sendable, Hashable {
        /// All of it is in the browser, sealed.
        case cookie
        /// The browser has a reference of less than 200 bytes.
        case database
    }

    public var keeping = Keeping.database
    public var cookie: SessionCookie
    /// From the login on, however often it is used and refreshed.
    public var lifetime: Duration = .seconds(24 * 3600)
    /// Without a request; zero: a session need not be used.
    public var idleLifetime: Duration = .zero
    /// After which the provider is asked again who it is; zero: shortly before the ID token expires.
    public var refreshInterval: Duration = .zero
    /// Whether backends may be given the access token.
    public var keepsAccessToken = false
    /// Which claims are what. Its issuer, keys and places are not looked at.
    public var claims = TrustedIssuer(issuer: "", keys: .ours)
    /// Sessions that are known without waiting; each takes a few kilobytes.
    public var cacheLimit = 5000

    public init(cookie: SessionCookie) { self.cookie = cookie }
}
