import Bytes
import Edge
import FoundationEssentials
import HTTPTypes
import Testing
import Web

@testable import EdgeServer

@Suite struct ForwardedRequestTests {
    private func reader(needsMethod: Bool = true, needsPath: Bool = true) throws -> ForwardedRequests {
        ForwardedRequests(
            trusted: try ClientAddressRule(header: "X-Forwarded-For", trustedProxies: ["10.0.0.0/8"]), needsMethod: needsMethod,
            needsPath: needsPath)
    }

    private func question(_ headers: [(String, String)], peer: String = "10.0.0.1") throws -> WebRequest {
        var fields = HTTPFields()
        for (name, value) in headers { fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value)) }
        return WebRequest(path: "/oauth2/auth", headers: fields, peerAddress: peer)
    }

    @Test(arguments: [
        (
            ProxyDialect.nginx,
            [
                ("Host", "App.example"), ("X-Original-URI", "/a?b=c"), ("X-Original-Method", "POST"),
                ("X-Forwarded-Proto", "https"),
            ]
        ),
        (.ingressNginx, [("Host", "auth.svc"), ("X-Original-URL", "https://App.example/a?b=c"), ("X-Original-Method", "POST")]),
        (
            .traefik,
            [
                ("Host", "auth.svc"), ("X-Forwarded-Host", "app.example"), ("X-Forwarded-Uri", "/a?b=c"),
                ("X-Forwarded-Method", "POST"), ("X-Forwarded-Proto", "https"),
            ]
        ),
    ])
    func `Each proxy's own headers are read`(dialect: ProxyDialect, headers: [(String, String)]) throws {
        let request = try reader().told(try question(headers), by: dialect)
        #expect(request.method == "POST")
        #expect(request.scheme == "https")
        #expect(request.host == "app.example")
        #expect(request.target == "/a?b=c")
    }

    @Test func `Another proxy's headers are the client's own word`() throws {
        let request = try reader().told(
            try question([
                ("Host", "app.example"), ("X-Original-URI", "/admin"), ("X-Original-Method", "GET"),
                ("X-Forwarded-Uri", "/public"), ("X-Forwarded-Host", "other.example"), ("X-Original-URL", "https://other/public"),
            ]), by: .nginx)
        #expect(request.host == "app.example")
        #expect(request.path == "/admin")
    }

    @Test(arguments: [
        [("Host", "a"), ("X-Original-URI", "/admin"), ("X-Forwarded-Uri", "/public"), ("X-Original-Method", "GET")],
        [("Host", "a"), ("X-Original-URL", "https://a/public"), ("X-Original-URI", "/admin"), ("X-Original-Method", "GET")],
        [("Host", "a"), ("X-Forwarded-Uri", "/x"), ("X-Forwarded-Host", "b"), ("X-Forwarded-Method", "GET")],
        [("Host", "a"), ("X-Original-URI", "/x"), ("X-Original-URI", "/y"), ("X-Original-Method", "GET")],
        [("Host", "a"), ("X-Original-Method", "GET")],
        [("Host", "a"), ("X-Original-URI", "/x")],
        [("Host", "a"), ("X-Original-URI", "x"), ("X-Original-Method", "GET")],
        [("X-Original-URI", "/x"), ("X-Original-Method", "GET")],
        [("X-Original-URL", "https://good@bad/x"), ("X-Original-Method", "GET")],
        // The method may be the client's own word.
        [("Host", "a"), ("X-Forwarded-Uri", "/x"), ("X-Forwarded-Method", "OPTIONS")],
        [("Host", "a"), ("X-Forwarded-Uri", "/x"), ("X-Forwarded-Method", "GET")],
        [("Host", "a"), ("X-Original-URI", "/x"), ("X-Original-Method", "OPTIONS")],
        [("Host", "a"), ("X-Original-URI", "/x"), ("X-Original-Method", "GET")],
        [("Host", "auth"), ("X-Original-URL", "https://a/x"), ("X-Original-Method", "OPTIONS")],
        [("Host", "auth"), ("X-Original-URL", "https://a/x")],
    ])
    func `What contradicts itself or is missing is refused where the proxy is not named`(headers: [(String, String)]) throws {
        let reader = try reader()
        let question = try question(headers)
        #expect(throws: UnknownQuestion.self) { try reader.told(question, by: nil) }
    }

    @Test func `Policies that look at neither method nor path need not be told them`() throws {
        let request = try reader(needsMethod: false, needsPath: false).told(try question([("Host", "a")]), by: nil)
        #expect(request.method == "GET")
        #expect(request.path == "/")
    }

    @Test(arguments: ["X-Forwarded-Uri", "X-Original-URI"])
    func `Where no proxy is named, a method that nobody needs is not believed`(name: String) throws {
        let request = try reader(needsMethod: false).told(
            try question([
                ("Host", "a"), (name, "/x"), ("X-Forwarded-Method", "OPTIONS"), ("X-Original-Method", "OPTIONS"),
                ("Origin", "http://b"),
                ("Access-Control-Request-Method", "GET"),
            ]), by: nil)
        #expect(request.method == "GET")
        #expect(!request.isPreflight)
        #expect(request.host == "a")
    }

    @Test func `Where no path is needed and no proxy named, a URL of another host may be the client's own word`() throws {
        let reader = try reader(needsMethod: false, needsPath: false)
        let question = try question([
            ("Host", "admin.test"), ("X-Original-URL", "http://public.test/"), ("X-Original-Method", "GET"),
        ])
        #expect(throws: UnknownQuestion.self) { try reader.told(question, by: nil) }
        #expect(try reader.told(question, by: .ingressNginx).host == "public.test")
    }

    static let hosts = ["A.test", "a.test:8080", "[::1]:80", "a_b"]
    static let oddHosts = ProxiedRequestTests.noHosts + ["a.test:?", "a.test?", "a.test#", "a.test;x"]

    private func headers(_ dialect: ProxyDialect, host: String) -> [(String, String)] {
        switch dialect {
        case .nginx: [("Host", host), ("X-Original-URI", "/secret"), ("X-Original-Method", "GET")]
        case .ingressNginx: [("Host", "auth"), ("X-Original-URL", "http://\(host)/secret"), ("X-Original-Method", "GET")]
        case .traefik, .caddy, .haproxy, .apache:
            [("Host", "auth"), ("X-Forwarded-Host", host), ("X-Forwarded-Uri", "/secret"), ("X-Forwarded-Method", "GET")]
        }
    }

    @Test(arguments: ProxyDialect.allCases) func `A host that not all read alike is never another host`(
        dialect: ProxyDialect
    ) throws {
        let reader = try reader()
        for host in Self.hosts {
            #expect(try reader.told(try question(headers(dialect, host: host)), by: dialect).host == host.lowercased())
        }
        // In a URL a slash ends the host; nginx takes none in `Host`.
        for host in Self.oddHosts where dialect != .ingressNginx || !host.utf8.contains(UInt8(ascii: "/")) {
            let question = try question(headers(dialect, host: host))
            #expect(throws: UnknownQuestion.self, "\(host)") { try reader.told(question, by: dialect) }
        }
    }

    @Test(arguments: oddHosts) func `Nor is one of a question that is the request itself`(host: String) throws {
        let reader = try reader()
        let question = try question([("Host", host)])
        #expect(throws: UnknownQuestion.self) { try reader.own(question, path: "/", believesCertificate: true) }
    }

    @Test(arguments: [
        "http://admin.test:?/secret", "http://admin.test?/secret", "http://admin.test", "http://admin.test?x",
        "http:/admin.test/x",
        "HTTP://admin.test/x", "https:admin.test/x", "ftp://admin.test/x", "//admin.test/x", "http:///x", "http://admin.test\\/x",
        "http://admin.test/\u{301}/../secret", "http://admin.test/a b", "http://admin.test\u{301}/x",
    ])
    func `A URL that was not put together so is refused`(url: String) throws {
        let reader = try reader()
        let question = try question([("X-Original-URL", url), ("X-Original-Method", "GET")])
        #expect(throws: UnknownQuestion.self) { try reader.told(question, by: .ingressNginx) }
    }

    @Test func `A path begins at the first slash, whatever stands behind it`() throws {
        let question = try question([("X-Original-URL", "http://a.test/b//e?c=http://d/"), ("X-Original-Method", "GET")])
        let request = try reader().told(question, by: .ingressNginx)
        #expect(request.host == "a.test")
        #expect(request.path == "/b//e")
        #expect(request.query == "c=http://d/")
    }

    @Test(
        arguments: [
            "//pub/x", "/secret/../pub/x", "/secret/%2e%2E/pub/x", "/./x", "/x/..", "/secret\\..\\x", "/\u{301}/../x", "/\u{E9}",
        ],
        ProxyDialect.allCases)
    func `A path that goes on as it was sent must be read alike by all`(path: String, dialect: ProxyDialect) throws {
        let reader = try reader()
        let asked = headers(dialect, host: "a").map { ($0.0, $0.1.hasSuffix("/secret") ? String($0.1.dropLast(7)) + path : $0.1) }
        #expect(throws: UnknownQuestion.self) { try reader.told(try question(asked), by: dialect) }
    }

    @Test func `Whom nginx has chosen may be told besides, and must be the host of the URL`() throws {
        func ask(_ chosen: String) throws -> EdgeRequest {
            try reader().told(
                try question([
                    ("X-Original-URL", "http://public.test:8080/x"), ("X-Original-Method", "GET"), ("X-Original-Host", chosen),
                ]), by: .ingressNginx)
        }
        #expect(try ask("public.test").host == "public.test:8080")
        #expect(throws: UnknownQuestion.self) { try ask("admin.test") }
    }

    @Test(arguments: [("wss", "https"), ("ws", "http"), ("https", "https")])
    func `A proxy's word for a WebSocket says the scheme`(told: String, scheme: String) throws {
        let question = try question(headers(.traefik, host: "a") + [("X-Forwarded-Proto", told)])
        #expect(try reader().told(question, by: .traefik).scheme.hasSameBytes(as: scheme))
    }

    @Test(arguments: ["HTTPS", "WSS", "wss2", "https, http", "https\u{301}"]) func `A scheme is one of four words`(
        scheme: String
    ) throws {
        let reader = try reader()
        for dialect in ProxyDialect.allCases where dialect != .ingressNginx {
            let question = try question(headers(dialect, host: "a") + [("X-Forwarded-Proto", scheme)])
            #expect(throws: UnknownQuestion.self) { try reader.told(question, by: dialect) }
        }
    }

    @Test(arguments: ProxyDialect.allCases) func `A certificate comes from none of the proxies that write none`(
        dialect: ProxyDialect
    ) throws {
        let asked = headers(dialect, host: "a") + [("X-Forwarded-Client-Cert", "URI=spiffe://a/b")]
        #expect(try !reader().told(try question(asked), by: dialect).headers.contains("x-forwarded-client-cert"))
    }

    @Test func `Nobody but trusted proxies asks about other requests`() throws {
        let reader = try reader()
        let question = try question(
            [("Host", "a"), ("X-Original-URI", "/x"), ("X-Original-Method", "GET")], peer: "192.0.2.1")
        #expect(throws: UnknownQuestion.self) { try reader.told(question, by: .nginx) }
    }

    @Test func `A question that is the request itself takes scheme and certificate from trusted proxies only`() throws {
        let headers = [("Host", "A.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Client-Cert", "By=x")]
        let trusted = try reader().own(try question(headers), path: "/p", believesCertificate: true)
        #expect(trusted.scheme == "https" && trusted.headers.contains("x-forwarded-client-cert"))
        let passing = try reader().own(try question(headers), path: "/p", believesCertificate: false)
        #expect(!passing.headers.contains("x-forwarded-client-cert"))
        let stranger = try reader().own(try question(headers, peer: "192.0.2.1"), path: "/p", believesCertificate: true)
        #expect(stranger.scheme == "http" && !stranger.headers.contains("x-forwarded-client-cert"))
        #expect(stranger.host == "a.example" && stranger.path == "/p")
    }
}

@Suite struct AllowedListTests {
    private func identity(_ email: String?, _ groups: [String] = []) -> EdgeIdentity {
        EdgeIdentity(
            evidence: .bearer, issuer: "i", subject: "s", email: email, groups: groups, expiresAt: .distantFuture)
    }

    @Test(arguments: [
        ("", "a@b.c", true), ("allowed_emails=A@b.c", "a@b.c", true), ("allowed_emails=x@b.c,a@b.c", "a@b.c", true),
        ("allowed_emails=x@b.c", "a@b.c", false), ("allowed_email_domains=b.c", "a@b.c", true),
        ("allowed_email_domains=b.c", "a@x.b.c", false), ("allowed_email_domains=.b.c", "a@x.b.c", true),
        ("allowed_email_domains=*.b.c", "a@b.c", false), ("allowed_email_domains=b.c", "a@evil.com@b.c", false),
        ("allowed_groups=ops", "a@b.c", false), ("allowed_groups=dev%2Cops&allowed_groups=g", "a@b.c", true),
        ("allowed_emails=evil@kxample.org", "evil@\u{212A}xample.org", false),
        ("allowed_emails=evil@KXample.org", "evil@kxample.org", true),
        ("allowed_email_domains=kxample.org", "a@\u{212A}xample.org", false), ("allowed_email_domains=*", "a@b@c", false),
        ("allowed_groups=k", "a@b.c", false), ("allowed_groups=%E2%84%AA", "a@b.c", false),
        ("allowed_emails=A%2Bx@b.c", "a+x@b.c", true),
        ("allowed_emails=\u{E9}@b.c", "e\u{301}@b.c", false), ("allowed_emails=%C3%89@b.c", "\u{E9}@b.c", false),
        ("allowed_emails=x@y@b.c", "x@y@b.c", false), ("allowed_groups=g%2C\u{301}", "a@b.c", true),
        ("allowed_groups=", "a@b.c", false), ("allowed_emails=a@b.c&allowed_groups=ops", "a@b.c", false),
    ])
    func `The query narrows who may`(query: String, email: String, isAllowed: Bool) throws {
        #expect(try AllowedList(query: query).allows(identity(email, ["g"])) == isAllowed)
    }

    @Test func `A restriction allows no strangers and one that cannot be read nobody`() throws {
        #expect(try AllowedList(query: "allowed_groups=g").allows(nil) == false)
        #expect(try AllowedList(query: "").allows(nil) == true)
        #expect(throws: (any Error).self) { try AllowedList(query: "allowed_groups=%zz") }
    }
}

@Suite struct AskedPathsTests {
    @Test(
        arguments: [
            (AskedPaths.behind("/check"), "/check/pub/x", "/pub/x", nil), (.behind("/check"), "/pub/x", nil, nil),
            (.behind("/check"), "/check", nil, nil),
            (.behind("/check"), "/check?", nil, nil), (.behind("/check"), "/checks/x", nil, nil),
            (.behind("/ask/it"), "/ask/it/x", "/x", nil),
            (.behind("/ask"), "/check/x", nil, nil), (.behind("/check"), "/check/check/x", "/check/x", nil),
            (.asSent, "/check/pub/x", "/check/pub/x", nil), (.asSent, "/ping", "/ping", nil), (.asSent, "/ready", "/ready", nil),
            (.unsaid, "/ping", "/ping", nil), (.unsaid, "/check/pub/x", "/pub/x", "/check/pub/x"),
            (.unsaid, "/check", "/check", nil),
        ] as [(AskedPaths, String, String?, String?)])
    func `A path is asked about as it was told`(_ asked: AskedPaths, _ path: String, _ judged: String?, _ otherwise: String?) {
        #expect(asked.path(of: path) == judged.map { AskedPaths.Path(path: $0, otherwise: otherwise) })
    }
}
