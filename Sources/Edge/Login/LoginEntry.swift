import OpenIDConnect

/// The address of the login that a browser is sent to, with the page to return to.
public struct LoginEntry: Sendable, Hashable {
    /// Such as `/oauth2`.
    public var prefix: String
    /// Scheme and host of the login where it is not at the host that was asked for: `https://login.example.com`.
    public var origin: String?
    /// Whether the page with a button is shown first.
    public var showsPage: Bool

    public init(prefix: String, origin: String? = nil, showsPage: Bool = false) {
        self.prefix = prefix
        self.origin = origin
        self.showsPage = showsPage
    }

    /// - Parameter isAbsolute: for proxies that take a path for one of their own (Traefik).
    public func location(for request: EdgeRequest, isAbsolute: Bool = false) -> String {
        let page = showsPage ? "/sign_in" : "/start"
        let here = "\(request.scheme)://\(request.host)"
        // Where the login is at another host, only a whole address leads back.
        let target = origin == nil || origin == here ? request.target : here + request.target
        return (origin ?? (isAbsolute ? here : "")) + prefix + page + "?rd=" + PercentEncoding.encode(target)
    }
}
