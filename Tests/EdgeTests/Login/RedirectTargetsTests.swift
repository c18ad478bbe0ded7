import Testing

@testable import Edge

struct RedirectTargetsTests {
    private static let targets = RedirectTargets(
        allowedHosts: ["app.example.com", ".apps.example.com", "*.kf.example.com", "port.example.com:8443", "any.example.com:*"]
            .compactMap(AllowedHost.init), prefix: "/oauth2")

    @Test(arguments: [
        "/", "/a", "/a/b?c=d#e", "/a//", "/?next=//evil.example", "/a/?x=/../b", "/..a/b", "/a.b/..c", "/oauth2x",
        "https://app.example.com", "https://app.example.com/", "http://app.example.com/a?b", "https://app.example.com:443/a",
        "https://apps.example.com/a", "https://x.apps.example.com/", "https://a.b.kf.example.com/", "https://kf.example.com",
        "https://port.example.com:8443/", "https://any.example.com:1/", "https://any.example.com/", "https://APP.example.com/a",
        "http://app.example.com:80/",
    ])
    func `A page of ours is a target`(_ text: String) throws {
        // `//` at the end of a path is ambiguous as well.
        if text == "/a//" { return #expect(Self.targets.valid(text) == nil) }
        #expect(Self.targets.valid(text) == text)
    }

    /// What has sent people to strangers' sites elsewhere.
    @Test(arguments: [
        "", " ", "a", "evil.example", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/ /evil.example", "/  /evil.example",
        "/./evil.example", "/../evil.example", "/.//evil.example", "/a/..//evil.example", "/%2e/evil.example",
        "/%2E%2e/evil.example", "/.%2e//evil.example", "/a/./b", "/a/../b", "/a//b", "/a\\b", "/a/..", "/a/.",
        "https:evil.example", "https:/evil.example", "https:///evil.example", "https://evil.example",
        "https://evil.example/app.example.com", "https://evil.example?app.example.com", "https://evil.example#app.example.com",
        "https://evil.example\\app.example.com", "https://app.example.com\\@evil.example", "https://app.example.com@evil.example",
        "https://app.example.com:443@evil.example", "https://a:b@app.example.com", "https://app.example.com.evil.example",
        "https://evilapp.example.com", "https://app.example.com.", "https://evilapps.example.com", "https://.apps.example.com",
        "https://x.app.example.com", "https://app.example.com:8443", "https://port.example.com", "https://port.example.com:443",
        "https://app.example.com:80/", "https://app.example.com:", "https://app.example.com:0", "https://app.example.com:99999",
        "https://app.example.com:443x", "https://app%2eexample.com", "https://app.example.com%00.evil.example",
        "https://app.example.com\u{0}.evil.example", "https://аpp.example.com", "https://app。example.com",
        "https://app.example.com\t.evil.example", "https://[app.example.com]", "https://app.example.com/\\evil",
        "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "ftp://app.example.com",
        "//app.example.com",
        "http:app.example.com", "HTTPS://evil.example", "\u{1}https://app.example.com", "https://app.example.com\r\nX: y",
        "/a\r\nSet-Cookie: x=y", "/oauth2/start", "/oauth2", "/oauth2/sign_out?rd=/", "/oauth2?x",
        "https://app.example.com/oauth2/start", "https://*.kf.example.com/x", "https:// app.example.com",
        "/" + String(repeating: "a", count: 2048),
    ])
    func `Nobody is sent to a stranger`(_ text: String) {
        #expect(Self.targets.valid(text) == nil)
        #expect(Self.targets.target(asked: [text], headers: EdgeHeaders()) == "/")
        #expect(Self.targets.target(asked: [], headers: ["x-auth-request-redirect": text]) == "/")
    }

    @Test func `What is not ASCII is encoded`() {
        #expect(Self.targets.valid("/käse brot?ö") == "/k%C3%A4se%20brot?%C3%B6")
    }

    @Test(
        arguments: [
            (["/asked"], ["x-auth-request-redirect": "/header", "x-forwarded-uri": "/uri"], "/asked"),
            (["//evil"], ["x-auth-request-redirect": "/header", "x-forwarded-uri": "/uri"], "/header"),
            (["/a", "/b"], ["x-forwarded-uri": "/uri"], "/uri"),
            ([], ["x-forwarded-uri": "/uri?a=b"], "/uri?a=b"),
            (
                [], ["x-forwarded-proto": "https", "x-forwarded-host": "app.example.com", "x-forwarded-uri": "/uri"],
                "https://app.example.com/uri"
            ),
            ([], ["x-forwarded-proto": "https", "x-forwarded-host": "evil.example", "x-forwarded-uri": "/uri"], "/uri"),
            ([], ["x-forwarded-proto": "https", "x-forwarded-host": "app.example.com", "x-forwarded-uri": "/oauth2/start"], "/"),
            ([], ["x-forwarded-proto": "javascript", "x-forwarded-host": "app.example.com", "x-forwarded-uri": "/uri"], "/uri"),
            ([], [:], "/"),
        ] as [([String], [String: String], String)])
    func `The first valid wish counts`(_ asked: [String], _ headers: [String: String], _ expected: String) {
        let headers = EdgeHeaders(headers.map { (name: $0.key, value: $0.value) })
        #expect(Self.targets.target(asked: asked, headers: headers) == expected)
    }

    @Test(arguments: [
        ("https://a.example/b", "https://a.example", "/b"), ("https://a.example//b", "https://a.example", "/"),
        ("https://a.example.evil.example/b", "https://a.example", "/"), ("http://a.example/b", "https://a.example", "/"),
        ("https://a@evil.example/b", "https://a@evil.example", "/"), ("/b", "https://", "/b"), ("https:///b", "https://", "/"),
    ])
    func `An address at the browser's own host is as good as its path`(_ asked: String, _ here: String, _ expected: String) {
        #expect(Self.targets.target(asked: [asked], headers: EdgeHeaders(), here: here) == expected)
    }

    @Test(arguments: ["", ".", "*.", "*", "a b", "a/b", "a@b", "a:0", "a:x", "a:", "*.a:70000", "http://a", "a..", "*.*"])
    func `What is no host is not taken for one`(_ text: String) {
        #expect(AllowedHost(text) == nil)
    }
}
