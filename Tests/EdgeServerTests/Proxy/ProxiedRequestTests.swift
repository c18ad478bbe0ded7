import Edge
import NIOHTTP1
import Testing
import Web

@testable import EdgeServer

/// Decides nothing: these tests are about what is judged and what goes on.
private struct Everybody: EdgeAnswering {
    func answerNow(_ request: EdgeRequest) -> EdgeAnswer? { EdgeAnswer(status: 200) }
    func answer(_ request: EdgeRequest) async -> EdgeAnswer { EdgeAnswer(status: 200) }
}

@Suite struct ProxiedRequestTests {
    private let proxy: EdgeProxy
    private let upstream: ProxyUpstream

    init() throws {
        upstream = try ProxyUpstream(name: "b", scheme: .http, host: "127.0.0.1", port: 9000)
        var settings = EdgeProxy.Settings(routes: ProxyRoutes([ProxyRoute(upstream: upstream)]))
        settings.trustedProxies = try ClientAddressRule(header: "X-Forwarded-For", trustedProxies: ["10.0.0.0/8"])
        settings.cookies = ["session"]
        proxy = EdgeProxy(settings, answering: Everybody())
    }

    private func incoming(
        _ uri: String = "/", _ headers: [(String, String)] = [], method: HTTPMethod = .GET, version: HTTPVersion = .http1_1,
        peer: String = "192.0.2.1"
    ) throws -> IncomingRequest {
        try IncomingRequest(
            HTTPRequestHead(
                version: version, method: method, uri: uri, headers: HTTPHeaders([("Host", "App.example:8443")] + headers)),
            peer: peer, port: 8443, isEncrypted: true, proxy: proxy)
    }

    private func outgoing(_ incoming: IncomingRequest, _ answer: EdgeAnswer = EdgeAnswer(status: 200)) throws -> OutgoingRequest {
        try OutgoingRequest(incoming, ProxyRoute(upstream: upstream), answer, cookies: proxy.cookies)
    }

    private var identified: EdgeAnswer {
        var answer = EdgeAnswer(status: 200)
        answer.upstreamHeaders = [.init("x-forwarded-user", "ada")]
        answer.removedHeaders = ["x-forwarded-groups"]
        return answer
    }

    @Test(arguments: [
        "X-Forwarded-User", "x_forwarded_user", "X.Forwarded_USER", "X-Forwarded-Groups", "x_forwarded_groups",
        "X-Original-URL", "X_Rewrite_URL", "Forwarded", "X-Forwarded-Client-Cert", "X_Real_IP", "X-Forwarded_For", "Keep-Alive",
        "Proxy-Authorization", "HTTP2-Settings", "Upgrade", "Proxy-Connection",
    ])
    func `What only the edge or a neighbor may say does not go on from a client`(_ name: String) throws {
        let head = try outgoing(incoming("/", [(name, "forged")]), identified).head
        #expect(!head.headers.contains { $0.value == "forged" })
        #expect(head.headers["x-forwarded-user"] == ["ada"])
    }

    @Test func `What Connection lists is removed, except what the request cannot do without`() throws {
        let head = try outgoing(
            incoming("/", [("Connection", "X-A, close, Host,cookie"), ("X-A", "1"), ("X-B", "2"), ("Cookie", "c=1")])
        ).head
        #expect(!head.headers.contains(name: "x-a"))
        #expect(!head.headers.contains(name: "connection"))
        #expect(head.headers["x-b"] == ["2"])
        #expect(head.headers["cookie"] == ["c=1"])
        #expect(head.headers["host"] == ["app.example:8443"])
    }

    @Test func `What Connection lists is judged`() throws {
        #expect(try incoming("/", [("Connection", "x-forwarded-user")]).judged.headers.contains("connection"))
    }

    @Test func `Anybody's forwarding headers are replaced, a trusted proxy's continued`() throws {
        let claims = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "front.example")]
        let forged = try incoming("/", claims)
        #expect(forged.judged.clientAddress == "192.0.2.1")
        #expect(forged.judged.scheme == "https")
        let stranger = try outgoing(forged).head.headers
        #expect(stranger["x-forwarded-for"] == ["192.0.2.1"])
        #expect(stranger["x-forwarded-proto"] == ["https"])
        #expect(stranger["x-forwarded-host"] == ["app.example:8443"])

        let trusted = try incoming("/", claims, peer: "10.1.2.3")
        #expect(trusted.judged.clientAddress == "203.0.113.9")
        #expect(trusted.judged.scheme == "http")
        let friend = try outgoing(trusted).head.headers
        #expect(friend["x-forwarded-for"] == ["203.0.113.9, 10.1.2.3"])
        #expect(friend["x-forwarded-proto"] == ["http"])
        #expect(friend["x-forwarded-host"] == ["front.example"])
    }

    @Test func `A certificate that a stranger forwards is not even judged`() throws {
        let claim = [("X-Forwarded-Client-Cert", "URI=spiffe://a/b")]
        #expect(try !incoming("/", claim).judged.headers.contains("x-forwarded-client-cert"))
        #expect(try incoming("/", claim, peer: "10.1.2.3").judged.headers.contains("x-forwarded-client-cert"))
    }

    @Test func `Crumbs of a cookie become one, without the edge's`() throws {
        let request = try incoming("/", [("cookie", "a=1"), ("cookie", "session_0=x; session=y"), ("cookie", "session_id=2")])
        #expect(request.judged.headers.only("cookie") == "a=1; session_0=x; session=y; session_id=2")
        #expect(try outgoing(request).head.headers["cookie"] == ["a=1; session_id=2"])
    }

    @Test func `A cookie that was the edge's alone is gone`() throws {
        #expect(try !outgoing(incoming("/", [("Cookie", "session=y")])).head.headers.contains(name: "cookie"))
    }

    @Test(arguments: [
        "/a/../b", "/a/%2e%2E/b", "/./a", "/a/..", "/a%2fb", "/a%5cb", "/a/..;/b", "/a%00", "/a%23b", "/%zz", "/a\\b", "/%252e",
    ])
    func `A path that can be read in two ways is refused`(_ path: String) {
        #expect(throws: RequestRejection.self) { try incoming(path) }
    }

    @Test(arguments: ["/a//b", "/a%20b", "/.well-known/x", "/a..b/c", "/...", "/%7Euser", "/a;b=1/c"])
    func `Other paths go on byte for byte`(_ path: String) throws {
        #expect(try outgoing(incoming(path + "?q=%2F..&r")).head.uri == path + "?q=%2F..&r")
    }

    @Test(arguments: ["", "a b", "a,b", "user@a", "a/b", "a:b", "a:", "a:123456", "[::1", "[::g]", "a\u{E4}", "a%2eb", "[::1]x"])
    func `A host that is none is refused`(_ host: String) {
        #expect(!IncomingRequest.isAuthority(host))
    }

    @Test(arguments: ["a", "a.example", "a:1", "[::1]", "[::1]:8080", "127.0.0.1:65535", "a_b.example", "a.example."])
    func `Hosts as they are written`(_ host: String) {
        #expect(IncomingRequest.isAuthority(host))
    }

    @Test(arguments: [
        [("Content-Length", "3"), ("Transfer-Encoding", "chunked")], [("Content-Length", "3"), ("Content-Length", "3")],
        [("Content-Length", "-1")], [("Content-Length", "+1")], [("Host", "b.example")],
    ])
    func `What two readers could take for two requests is refused`(_ headers: [(String, String)]) {
        #expect(throws: RequestRejection.self) { try incoming("/", headers, method: .POST) }
    }

    @Test(arguments: [HTTPMethod.CONNECT, .TRACE])
    func `A method that no backend should see is refused`(_ method: HTTPMethod) {
        #expect(throws: RequestRejection.self) { try incoming("/", method: method) }
    }

    @Test func `A line break in a claim begins no other header`() throws {
        var answer = EdgeAnswer(status: 200)
        answer.upstreamHeaders = [.init("x-forwarded-user", "a\r\nX-Admin: 1")]
        #expect(try outgoing(incoming(), answer).head.headers["x-forwarded-user"] == ["a  X-Admin: 1"])
    }

    @Test func `Trailers say nothing that headers may not`() throws {
        let request = try outgoing(incoming("/", [("TE", "gzip, trailers")]), identified)
        let trailers = HTTPHeaders([
            ("X_Forwarded_User", "eve"), ("x-forwarded-groups", "admin"), ("Host", "x"), ("Cookie", "session=1"),
            ("grpc-status", "0"),
        ])
        #expect(request.trailers(trailers).map { $0.map(\.name) } == ["grpc-status"])
        #expect(request.head.headers["te"] == ["trailers"])
    }

    // MARK: WebSocket

    private let upgrade = [
        ("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ]

    @Test func `A WebSocket is asked for, and nothing else is`() throws {
        let head = try outgoing(incoming("/", upgrade)).head
        #expect(head.headers["connection"] == ["Upgrade"])
        #expect(head.headers["upgrade"] == ["websocket"])
        for other in ["h2c", "websocket, h2c", "TLS/1.0"] {
            let head = try outgoing(
                incoming("/", [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", other), ("HTTP2-Settings", "AAMAAABk")])
            ).head
            #expect(!head.headers.contains(name: "upgrade"))
            #expect(!head.headers.contains(name: "connection"))
        }
    }

    @Test(arguments: [
        ("https://app.example:8443", true, true), ("https://APP.example:8443", true, true),
        ("http://app.example:8443", true, false),
        ("https://app.example", true, false), ("https://evil.example", true, false), ("null", true, false),
        ("https://friend.example", true, true), ("https://evil.example", false, true),
    ])
    func `A page of another origin opens no WebSocket with a session`(
        _ origin: String, _ hasCookie: Bool, _ isAllowed: Bool
    ) throws {
        let cookie = hasCookie ? [("Cookie", "x=1; session_0=a")] : []
        let request = try incoming("/", upgrade + [("Origin", origin)] + cookie)
        #expect(
            WebSocketOrigins(allowed: ["https://friend.example"], cookies: proxy.cookies).allow(request.judged)
                == isAllowed)
    }

    @Test func `Two origins are none that is allowed`() throws {
        let request = try incoming(
            "/", upgrade + [("Origin", "https://app.example:8443"), ("Origin", "https://evil.example"), ("Cookie", "session=1")])
        #expect(!WebSocketOrigins(cookies: proxy.cookies).allow(request.judged))
    }

    // MARK: Answers

    private func answer(
        _ status: HTTPResponseStatus, _ headers: [(String, String)], adding: [EdgeHeaders.Field] = []
    ) throws
        -> HTTPHeaders
    {
        OutgoingResponse.head(
            HTTPResponseHead(version: .http1_1, status: status, headers: HTTPHeaders(headers)), to: try incoming(),
            clientHeaders: adding, cookies: proxy.cookies
        ).headers
    }

    @Test func `A backend sets its own cookies, not the edge's`() throws {
        let headers = try answer(
            .ok, [("Set-Cookie", "session=evil; Path=/"), ("Set-Cookie", " session_1 =x"), ("Set-Cookie", "b=1")])
        #expect(headers["set-cookie"] == ["b=1"])
    }

    @Test func `An answer with a renewed session is kept by no cache`() throws {
        let headers = try answer(
            .ok, [("Cache-Control", "public, max-age=60")], adding: [.init("set-cookie", "session=new")])
        #expect(headers["cache-control"] == ["no-store"])
        #expect(headers["set-cookie"] == ["session=new"])
    }

    @Test func `What is between the backend and the proxy stays there`() throws {
        let headers = try answer(
            .ok, [("Connection", "X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "5"), ("Upgrade", "h2c"), ("Content-Length", "3")])
        #expect(headers.map(\.name) == ["Content-Length"])
    }

    @Test func `A length that is not the whole truth is left out`() throws {
        #expect(try answer(.ok, [("Content-Length", "3"), ("Transfer-Encoding", "chunked")])["content-length"].isEmpty)
        #expect(try answer(.noContent, [("Content-Length", "3")]).isEmpty)
    }
}
