import Bytes
public import Edge
import Logging
public import Web

/// The reverse proxy: decides about each request, then passes it on to a backend, streaming in both directions.
public struct EdgeProxy: Sendable {
    public struct Settings: Sendable {
        public var routes: ProxyRoutes
        /// Answers `/oauth2/…` and whatever else is the edge's own; nil: nothing is.
        public var own: WebApplication?
        /// Paths below these are the edge's own even where it has no such page: no backend may pretend to be the edge.
        public var ownPrefixes: [String] = ["/oauth2/"]
        /// How policies see paths; backends are chosen by the same form.
        public var normalization = EdgePath.Normalization.mergeSlashes
        /// Who may tell the client's address, scheme and certificate.
        public var trustedProxies: ClientAddressRule = .peer
        /// Cookies that no backend sees.
        public var cookies: [String] = []
        /// What further cookies that no backend sees begin with.
        public var cookiePrefixes: [String] = []
        public var limits = ServerLimits()

        public init(routes: ProxyRoutes, own: WebApplication? = nil) {
            self.routes = routes
            self.own = own
        }
    }

    /// What became of a request, for logs and metrics.
    public struct Record: Sendable {
        public var method: String
        public var path: String
        public var status: Int
        /// Nil when no backend was asked.
        public var upstream: String?
        public var bytes: Int
        public var milliseconds: Int64
        public var peer: String
        /// Why there was no whole answer, for operators.
        public var failure: String?
    }

    let settings: Settings
    let answering: any EdgeAnswering
    let cookies: EdgeCookieNames
    let record: @Sendable (Record) -> Void

    public init(_ settings: Settings, answering: any EdgeAnswering, record: @escaping @Sendable (Record) -> Void = { _ in }) {
        self.settings = settings
        self.answering = answering
        self.record = record
        cookies = EdgeCookieNames(settings.cookies, prefixes: settings.cookiePrefixes)
    }

    func isOwn(_ path: String) -> Bool {
        guard let own = settings.own else { return false }
        return settings.ownPrefixes.contains { path.startsWithBytes(of: $0) } || own.serves(path: path)
    }
}
