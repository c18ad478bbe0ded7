import Edge
import NIOHTTP1
import Web

/// Which requests open a WebSocket (RFC 6455 §4.1), and from which pages.
struct WebSocketRule: Sendable {
    /// Nil when the request asks for no WebSocket. Other upgrades are not passed on: `h2c` above all would open a way
    /// through on which no request is judged.
    static func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.version == .http1_1
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && head.headers["upgrade"].count == 1 && head.headers["upgrade"].first?.lowercased() == "websocket"
            && head.headers["sec-websocket-key"].count == 1
            && !head.headers.contains(name: "transfer-encoding")
            && (head.headers.first(name: "content-length").map { $0 == "0" } ?? true)
    }

    /// Browsers let any page open a WebSocket to any host, with that host's cookies. So a request that is known by a cookie,
    /// or by a certificate, must come from a page of this host, or of one that the configuration allows.
    ///
    /// A program sends no `Origin`, and a page cannot set `Authorization`.
    static func isAllowed(_ request: EdgeRequest, allowedOrigins: [String], cookies: EdgeCookieNames) -> Bool {
        guard request.headers.contains("origin") else { return true }
        let isAmbient =
            request.headers.all("cookie").contains { cookies.occur(in: $0) }
            || request.headers.contains("x-forwarded-client-cert")
        guard isAmbient else { return true }
        guard let origin = request.headers.only("origin")?.lowercased() else { return false }
        return origin == "\(request.scheme)://\(Self.withoutDefaultPort(request.host, request.scheme))"
            || allowedOrigins.contains(origin)
    }

    private static func withoutDefaultPort(_ host: String, _ scheme: String) -> Substring {
        let port = scheme == "https" ? ":443" : ":80"
        return host.hasSuffix(port) ? host.dropLast(port.count) : host[...]
    }
}
