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
        "Proxy-Authorization", "HTTP2-Settings", "Upgrade", "Proxy-Connection", "X-Forwarded-Anything", "X-Original-Anything",
        "X-Envoy-Original-Path", "x_envoy_internal", "X.Real.IP", "True-Client-IP", "CF-Connecting-IP",
    ])
    func `What only the edge or a neighbor may say does not go on from a client`(_ name: String) throws {
        let head = try outgoing(incoming("/", [(name, "forged")]), identified).head
        #expect(!head.headers.contains { $0.value == "forged" })
        #expect(head.headers["x-forwarded-user"] == ["ada"])
    }

    static let never = [
        "Proxy", "Remote-User", "REMOTE_USER", "Remote-Groups", "Remote-Email", "X-Remote-User", "x_remote.user",
        "X-Remote-Group",
        "X-Remote-Extra-Scopes", "Client-Cert", "Client_Cert_Chain", "X-Client-Cert", "X-SSL-Client-Verify", "SSL-Client-S-DN",
        "ssl_client_cert", "X-WebAuth-User", "X-Authenticated-Userid", "X-HTTP-Method-Override", "X_HTTP_Method",
        "X-Method-Override",
        "X-Host", "X.Host", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X_Forwarded.Access-Token",
        "X-Goog-Authenticated-User-Email", "X-Goog-IAP-JWT-Assertion", "X-Auth-Request-User", "x.auth.request.email",
        "kubeflow_userid", "Gap-Auth", "X-Original-URL", "Forwarded", "OIDC_CLAIM_sub", "X-Consumer-Username",
    ]

    @Test(arguments: never, ["192.0.2.1", "10.1.2.3"])
    func `Who somebody is, and what is asked for, nobody but the edge tells a backend`(_ name: String, _ peer: String) throws {
        let request = try incoming("/", [(name, "forged"), (name.lowercased(), "forged")], peer: peer)
        #expect(try !outgoing(request).head.headers.contains { $0.value == "forged" })
        let trailers = try outgoing(request).trailers(HTTPHeaders([(name, "forged"), ("x-own", "1")]))
        #expect(trailers.map { $0.map(\.name) } == ["x-own"])
    }

    @Test func `Who somebody is by a client's word is not judged either, but for tokens, which prove themselves`() throws {
        let sent = [
            ("Remote-User", "forged"), ("X_WebAuth_User", "forged"), ("X-Goog-IAP-JWT-Assertion", "a.b.c"),
            ("Cf-Access-Jwt-Assertion", "a.b.c"),
        ]
        let request = try incoming("/", sent)
        #expect(request.judged.headers.fields.map(\.value).filter { $0 == "forged" }.isEmpty)
        #expect(request.judged.headers.only("x-goog-iap-jwt-assertion") == "a.b.c")
        #expect(try !outgoing(request).head.headers.contains { $0.value == "a.b.c" })
    }

    @Test(arguments: never) func `What the edge says under such a name arrives`(_ name: String) throws {
        var answer = EdgeAnswer(status: 200)
        answer.upstreamHeaders = [.init(name.lowercased(), "ada")]
        #expect(try outgoing(incoming("/", [(name, "forged")]), answer).head.headers[name] == ["ada"])
    }

    @Test(arguments: ["X-Forwarded-Port", "X-Real-IP", "X-Envoy-External-Address", "X-Forwarded-Client-Cert"])
    func `What a trusted proxy says of the way goes on`(_ name: String) throws {
        #expect(try outgoing(incoming("/", [(name, "1")], peer: "10.1.2.3")).head.headers[name] == ["1"])
    }

    @Test(arguments: [
        "Remote", "X-Remotely", "Proxied", "X-Hosts", "X-Goog-Api-Key", "X-Own", "Client-Certificate-Wanted", "X-Forward",
    ])
    func `Other names go on`(_ name: String) throws {
        #expect(try outgoing(incoming("/", [(name, "1")])).head.headers[name] == ["1"])
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
        "//pub/admin/x", "///a", "//", "/admin/../\u{301}x", "/%2e%2e/\u{301}", "/a/\u{301}/../b", "http://app.example:8443//a",
    ])
    func `A path that can be read in two ways is refused`(_ path: String) {
        #expect(throws: RequestRejection.self) { try incoming(path) }
    }

    @Test(arguments: [
        ("/a/b", "/a/b"), ("/.well-known/x", "/.well-known/x"), ("/a%20b", "/a%20b"), ("/a..b/c", "/a..b/c"), ("/...", "/..."),
        ("/a;b=1/c", "/a;b=1/c"), ("/a//b///c/", "/a/b/c/"), ("/%7Euser/%41", "/~user/A"), ("/a|b", "/a%7Cb"),
        ("http://app.example:8443/a", "/a"), ("http://APP.example:8443", "/"),
    ])
    func `The backend gets the path that was judged`(_ path: String, _ judged: String) throws {
        let request = try incoming(path + "?q=%2F..&r")
        #expect(request.path.text == judged)
        #expect(try outgoing(request).head.uri == judged + "?q=%2F..&r")
    }

    static let noHosts = [
        "", "a b", "a,b", "a.test, x", "user@a", "a/b", "a:b", "a:", "a:123456", "a:0", "a:080", "a:80?x", "a.test..", "a.test.",
        "[::1", "[::g]",
        "a\u{E4}", "a%2eb", "a.test%2f", "a.test\\x", "[::1]x", "a\u{301}", "\u{212A}.test", ".a", "a:65536",
    ]

    @Test(arguments: noHosts) func `A host that is none is refused`(_ host: String) {
        #expect(throws: RequestRejection.self) {
            try IncomingRequest(
                HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: HTTPHeaders([("Host", host)])),
                peer: "192.0.2.1",
                port: 8443, isEncrypted: true, proxy: proxy)
        }
    }

    @Test(arguments: ["a", "A.example", "a:1", "[::1]", "[::1]:8080", "127.0.0.1:65535", "a_b.example"])
    func `Hosts as they are written`(_ host: String) throws {
        let request = try IncomingRequest(
            HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: HTTPHeaders([("Host", host)])), peer: "192.0.2.1",
            port: 8443, isEncrypted: true, proxy: proxy)
        #expect(request.judged.host == host.lowercased())
    }

    @Test(arguments: [
        "http://admin.test/secret", "http://app.example/secret", "https://app.example:8444/",
        "http://app.example:8443@admin.test/",
        "http://admin.test?/", "ftp://app.example:8443/", "http:/secret", "app.example:8443",
    ])
    func `A target that names another host than Host is refused`(_ target: String) {
        #expect(throws: RequestRejection.self) { try incoming(target) }
    }

    @Test(arguments: ["close;", "x-own\u{301}", "\"x-forwarded-user\"", "a b", "x-forwarded-user,\u{301}", "é"])
    func `A Connection field that is no list of names is refused`(_ value: String) {
        #expect(throws: RequestRejection.self) { try incoming("/", [("Connection", value)]) }
    }

    @Test func `A host that a trusted proxy forwards goes on if it is one`() throws {
        for host in ["a, b", "a.test..", "[::1", "x/y"] {
            let head = try outgoing(incoming("/", [("X-Forwarded-Host", host)], peer: "10.1.2.3")).head
            #expect(head.headers["x-forwarded-host"] == ["app.example:8443"])
        }
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

    @Test(arguments: [
        "session", " session =y", "\"session\"=y", "session\t=y", "SESSION=y", "session%5F0=y", "s%65ssion=y", "session.0=y",
        "session 1=y",
        "session=\u{301}y", "session\u{301}=y", "\u{A0}session=y", "a=1, session=y", "attempt_x=y", "session_12=",
    ])
    func `No spelling of the edge's cookie reaches a backend`(_ cookie: String) throws {
        let names = EdgeCookieNames(["session"], prefixes: ["attempt_"])
        #expect(names.removed(from: "b=2; \(cookie);c=3") == "b=2; c=3")
        #expect(names.removed(from: cookie) == nil)
        #expect(names.areSet(by: cookie + "; Path=/") || cookie == "a=1, session=y")
    }

    @Test(arguments: ["session_id=1", "sessions=1", "a=session", "my-session=1", "session_=1", "session_1a=1", "x=\"session=1\""])
    func `Other cookies go on`(_ cookie: String) {
        #expect(EdgeCookieNames(["session"], prefixes: ["attempt_"]).removed(from: cookie) == cookie)
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
