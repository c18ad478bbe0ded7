import Bytes

/// Which requests go to which backend.
public struct ProxyRoute: Sendable {
    /// In lower case, without a port; `*.example.com` is every host below it; nil: any host.
    public var host: String?
    /// `/` or `/models`: the path itself and everything below it.
    public var path: String
    public var upstream: ProxyUpstream
    /// Whether ``path`` is taken off what the backend sees.
    public var stripsPrefix: Bool
    /// Whether the backend sees the `Host` of the client; otherwise its own name.
    public var keepsHost: Bool
    /// Origins in lower case whose pages may open WebSockets here besides those of the host itself.
    public var allowedOrigins: [String]

    public init(
        host: String? = nil, path: String = "/", upstream: ProxyUpstream, stripsPrefix: Bool = false, keepsHost: Bool = true,
        allowedOrigins: [String] = []
    ) {
        self.host = host
        self.path = path
        self.upstream = upstream
        self.stripsPrefix = stripsPrefix
        self.keepsHost = keepsHost
        self.allowedOrigins = allowedOrigins
    }

    func matches(host name: Substring, path given: String) -> Bool { matches(host: name) && matches(path: given) }

    private func matches(host name: Substring) -> Bool {
        guard let host else { return true }
        guard let domain = host.afterBytes(of: "*") else { return name.hasSameBytes(as: host) }
        return name.utf8.count > domain.utf8.count && name.endsWithBytes(of: domain)
    }

    /// `/models` is not the beginning of `/models-of-others`.
    private func matches(path given: String) -> Bool {
        guard given.utf8.starts(with: path.utf8) else { return false }
        return path.utf8.last == UInt8(ascii: "/") || given.utf8.count == path.utf8.count
            || given.utf8.dropFirst(path.utf8.count).first == UInt8(ascii: "/")
    }

    /// Path and query for the backend: the path that was judged, less the prefix where that is asked for.
    /// - Returns: nil when the prefix is to go but is not there, or when what is left begins with `//`, which some take for a host.
    func target(path given: String, query: String) -> String? {
        var path = given
        if stripsPrefix {
            guard matches(path: given) else { return nil }
            path = String(Substring(given.utf8.dropFirst(self.path.utf8.count)))
            if !path.startsWithByte("/") { path = "/" + path }
        }
        guard !path.startsWithBytes(of: "//") else { return nil }
        return query.isEmpty ? path : path + "?" + query
    }
}

/// All routes; the most exact one wins: a host before a pattern before none, then the longest path.
public struct ProxyRoutes: Sendable {
    private let routes: [ProxyRoute]

    public init(_ routes: [ProxyRoute]) {
        self.routes = routes.sorted { Self.weight($0) > Self.weight($1) }
    }

    private static func weight(_ route: ProxyRoute) -> (Int, Int, Int) {
        let host = route.host ?? ""
        return (host.isEmpty ? 0 : host.startsWithByte("*") ? 1 : 2, host.utf8.count, route.path.utf8.count)
    }

    /// - Parameter host: in lower case, without a port.
    public func route(host: Substring, path: String) -> ProxyRoute? {
        let name = host.beforeBytes(of: ".") ?? host
        return routes.first { $0.matches(host: name, path: path) }
    }
}
