import Testing

@testable import Upstream

@Test(arguments: [
    ("https://idp.example.com/a/b?code=x#y", "https://idp.example.com/a/b"),
    ("HTTPS://IDP.Example.com", "https://idp.example.com"),
    ("http://127.0.0.1:5556/dex", "http://127.0.0.1:5556/dex"), ("https://[2001:DB8::1]:443/", "https://[2001:db8::1]/"),
    ("https://a?x=1", "https://a"),
])
func `What may be logged of an address is everything before its query`(_ text: String, _ shown: String) {
    #expect(UpstreamURL(text)?.withoutQuery == shown)
}

@Test(arguments: [
    "", "idp.example.com", "//idp.example.com", "ftp://a", "https://", "https:///x", "https://user@a", "https://a:b@c/",
    "https://a:0/",
    "https://a:65536", "https://a:+1", "https://a b", "https://ä", "https://[::1", "https://[::1]x", "https://a\\@b",
    "https://a\n",
    "http://0/", "http://0x7f.1/", "http://2852039166/", "http://010.0.0.1/", "http://127.1/", "http://1.2.3.4.5/",
    "http://a.0x1/",
])
func `What is no plain address of HTTP is refused`(_ text: String) {
    #expect(UpstreamURL(text) == nil)
}

@Test(arguments: [
    ("169.254.169.254", true), ("169.253.255.255", false), ("0.0.0.0", true), ("255.255.255.255", true), ("224.0.0.1", true),
    ("fe80::1", true), ("::ffff:169.254.169.254", true), ("64:ff9b::a9fe:a9fe", true), ("fd00:ec2::254", true), ("::", true),
    ("ff02::1", true), ("127.0.0.1", false), ("::1", false), ("10.0.0.1", false), ("fd00::1", false), ("idp.example.com", false),
])
func `Link-local and the like are no addresses of identity providers`(_ host: String, _ isForbidden: Bool) {
    #expect(ForbiddenAddress.contains(host: host) == isForbidden)
}

private let environment = [
    "HTTPS_PROXY": "http://user:p%40ss@proxy.example:3128", "http_proxy": "plain.example",
    "NO_PROXY": "internal.example, .suffix.example,10.0.0.0/8,192.0.2.1,port.example:8443,*.star.example",
]

@Test(
    arguments: [
        ("https://idp.example.com/", "proxy.example:3128"), ("http://idp.example.com/", "plain.example:80"),
        ("https://internal.example/", nil), ("https://a.internal.example/", nil),
        ("https://notinternal.example/", "proxy.example:3128"),
        ("https://a.suffix.example/", nil), ("https://suffix.example/", "proxy.example:3128"), ("https://10.1.2.3/", nil),
        ("https://11.1.2.3/", "proxy.example:3128"), ("https://192.0.2.1/", nil), ("https://port.example:8443/", nil),
        ("https://port.example/", "proxy.example:3128"), ("https://localhost:1/", nil), ("https://127.8.8.8/", nil),
        ("https://[::1]/", nil),
        ("https://a.star.example/", nil),
    ] as [(String, String?)])
func `The environment names the proxy`(_ url: String, _ expected: String?) throws {
    let proxy = try ProxyRules(environment: environment).proxy(for: try #require(UpstreamURL(url)))
    #expect(proxy.map { "\($0.host):\($0.port)" } == expected)
}

@Test func `Credentials of a proxy are taken from its address`() throws {
    let url = try #require(UpstreamURL("https://idp.example.com/"))
    #expect(try ProxyRules(environment: environment).proxy(for: url)?.credentials == "user:p@ss")
    #expect(try ProxyRules.none.proxy(for: url) == nil)
    #expect(try ProxyRules(environment: ["NO_PROXY": "*", "HTTPS_PROXY": "p"]).proxy(for: url) == nil)
}

@Test func `A proxy that cannot be used is not gone around`() throws {
    let url = try #require(UpstreamURL("https://idp.example.com/"))
    #expect(throws: UpstreamError.unreachable("the proxy in HTTPS_PROXY cannot be used: write http://host:port")) {
        try ProxyRules(environment: ["HTTPS_PROXY": "socks5://secret@p:1"]).proxy(for: url)
    }
}
