import Edge
import Testing

@testable import EdgeServer

@Suite struct WebSocketOriginsTests {
    private let rule = WebSocketOrigins(allowed: ["https://friend.example"], cookies: EdgeCookieNames(["session"]))

    private func request(_ fields: [(String, String)]) -> EdgeRequest {
        EdgeRequest(
            scheme: "https", host: "app.example", headers: EdgeHeaders(fields.map { (name: $0.0, value: $0.1) }))
    }

    /// What browsers and proxies tell of a WebSocket.
    private static let signs = [
        ("sec-websocket-key", "x"), ("upgrade", "websocket"), ("Upgrade", "WebSocket"), ("sec-fetch-mode", "websocket"),
    ]
    private static let strangers = [
        "https://evil.example", "null", "http://app.example", "https://app.example:8443", "https://app.example.evil.example",
    ]

    @Test(arguments: signs)
    func `A proxy is told no about a WebSocket with a session from a page of elsewhere`(_ name: String, _ value: String) {
        for origin in Self.strangers {
            #expect(!rule.allowAsked(request([(name, value), ("origin", origin), ("cookie", "a=b; session=x")])))
            #expect(!rule.allowAsked(request([(name, value), ("origin", origin), ("x-forwarded-client-cert", "Subject=x")])))
        }
    }

    @Test(arguments: signs)
    func `Its own pages, those allowed, programs, and whoever brings no session may`(_ name: String, _ value: String) {
        let cookie = ("cookie", "session=x")
        for origin in ["https://app.example", "https://friend.example"] {
            #expect(rule.allowAsked(request([(name, value), ("origin", origin), cookie])))
        }
        #expect(rule.allowAsked(request([(name, value), cookie])))
        #expect(rule.allowAsked(request([(name, value), ("origin", "https://evil.example"), ("cookie", "other=x")])))
    }

    @Test func `What opens no WebSocket may come from any page: it is told apart by CORS and SameSite`() {
        let sent = [("origin", "https://evil.example"), ("cookie", "session=x"), ("sec-fetch-mode", "cors")]
        #expect(rule.allowAsked(request(sent)))
    }
}
