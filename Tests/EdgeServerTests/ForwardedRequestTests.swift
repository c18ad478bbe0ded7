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

    @Test func `Nobody but trusted proxies asks about other requests`() throws {
        let reader = try reader()
        let question = try question(
            [("Host", "a"), ("X-Original-URI", "/x"), ("X-Original-Method", "GET")], peer: "192.0.2.1")
        #expect(throws: UnknownQuestion.self) { try reader.told(question, by: .nginx) }
    }

    @Test func `A question that is the request itself takes scheme and certificate from trusted proxies only`() throws {
        let headers = [("Host", "A.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Client-Cert", "By=x")]
        let trusted = try reader().own(try question(headers), path: "/p")
        #expect(trusted.scheme == "https" && trusted.headers.contains("x-forwarded-client-cert"))
        let stranger = try reader().own(try question(headers, peer: "192.0.2.1"), path: "/p")
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
