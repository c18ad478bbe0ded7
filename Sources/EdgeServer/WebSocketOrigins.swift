import Bytes
import Edge

/// From which pages WebSockets may be opened.
///
/// Browsers let any page open one to any host, with that host's cookies. So a request that is known by a cookie, or by a
/// certificate, must come from a page of this host, or of one that the configuration allows (RFC 6455 §10.2).
public struct WebSocketOrigins: Sendable {
    private let allowed: [String]
    private let cookies: EdgeCookieNames

    /// - Parameter allowed: origins in lower case.
    public init(allowed: [String] = [], cookies: EdgeCookieNames = EdgeCookieNames([])) {
        self.allowed = allowed
        self.cookies = cookies
    }

    /// Whether a request that opens a WebSocket may do so. A program sends no `Origin`, and a page cannot set `Authorization`.
    func allow(_ request: EdgeRequest) -> Bool {
        guard request.headers.contains("origin") else { return true }
        let isAmbient =
            request.headers.all("cookie").contains { cookies.occur(in: $0) }
            || request.headers.contains("x-forwarded-client-cert")
        guard isAmbient else { return true }
        guard let origin = request.headers.only("origin")?.asciiLowercased else { return false }
        let own = "\(request.scheme)://\(Self.withoutDefaultPort(request.host, request.scheme))"
        return origin.hasSameBytes(as: own) || allowed.containsExactly(origin)
    }

    /// The same for a request that a proxy asks about.
    func allowAsked(_ request: EdgeRequest) -> Bool { !Self.isOpening(request.headers) || allow(request) }

    /// As far as a proxy tells: many leave `Upgrade` out of the question, as it belongs to the client's connection.
    private static func isOpening(_ headers: EdgeHeaders) -> Bool {
        headers.contains("sec-websocket-key")
            || headers.all("upgrade").contains { $0.asciiLowercased.containsBytes(of: "websocket") }
            || headers.all("sec-fetch-mode").contains { $0.hasSameBytesFoldingASCII(as: "websocket") }
    }

    /// As browsers write it.
    private static func withoutDefaultPort(_ host: String, _ scheme: String) -> Substring {
        host.beforeBytes(of: scheme == "https" ? ":443" : ":80") ?? host[...]
    }
}
