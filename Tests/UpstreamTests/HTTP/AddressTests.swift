import Bytes
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

@Test(arguments: [
    // Metadata services: Amazon, Google, Azure, Alibaba, Oracle, Scaleway, OpenStack, Tencent.
    "fd00:ec2::254", "fd00:ec2::23", "FD00:0EC2:0::0254", "fd20:ce::254", "168.63.129.16", "100.100.100.200", "192.0.0.192",
    "fd00:c1::a9fe:a9fe", "fd00:42::42", "fe80::a9fe:a9fe", "169.254.0.23", "169.254.42.42", "169.254.170.23",
    // Their spellings in IPv6.
    "::ffff:168.63.129.16", "::ffff:a83f:8110", "::168.63.129.16", "::ffff:0:169.254.169.254", "::169.254.169.254",
    "64:ff9b::168.63.129.16",
    "64:ff9b::6464:64c8", "2002:a9fe:a9fe::", "2002:a83f:8110:1::5", "2001:db8::5efe:169.254.169.254", "fe00::200:5efe:a9fe:a9fe",
    // A prefix for NAT64 of one's own: of 96, 64, 56 and 48 bits, and with more bits behind.
    "64:ff9b:1::169.254.169.254", "64:ff9b:1:0:a9:fea9:fe00:0", "64:ff9b:1:a9:fe:a9fe::", "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1:a9fe:a9:fe00:808:808", "64:ff9b:1:ffff::168.63.129.16", "64:ff9b:1::", "64:ff9b:1::1",
    // Ranges, at both ends.
    "0.0.0.0", "0.0.0.1", "0.255.255.255", "169.254.0.0", "169.254.255.255", "192.0.0.0", "192.0.0.255", "192.88.99.1",
    "198.18.0.0",
    "198.19.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.1", "255.255.255.254", "fe80::", "febf:ffff::1", "fec0::1",
    "feff::1",
    "ff00::", "ffff::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1", "::", "::2",
])
func `Nobody is asked at addresses of clouds, of links and of no use, however they are written`(_ host: String) {
    #expect(ForbiddenAddress.contains(host: host))
    let bracketed = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    #expect(UpstreamURL("https://\(bracketed)/x").map(\.isLinkLocal) == true)
}

@Test(arguments: [
    "127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1",
    "100.100.100.199",
    "100.100.100.201", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "192.0.1.0", "191.255.255.255",
    "192.88.98.255",
    "198.17.255.255", "198.20.0.0", "223.255.255.255", "1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8", "64:ff9b:1:808:8:800::", "64:ff9b:1::10.1.2.3", "2002:808:808::1", "fc00::1", "fd00::254",
    "fd00:ec3::254",
    "fd20:ce::253", "fd20:cf::254", "fdff::1", "2001:db8::1", "2001:4860:4860::8888", "2001:1::1", "2606:4700::1111",
    "2001:db8::5efe:8.8.8.8", "fe00::1", "101::1",
])
func `Addresses that an identity provider can have are asked`(_ host: String) {
    #expect(!ForbiddenAddress.contains(host: host))
}

/// A sequence that is the same in each run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

@Test func `An address of IPv4 is judged alike in each spelling of IPv6`() {
    var generator = Seeded()
    var forbidden = 0
    for round in 0..<4000 {
        var bytes = (0..<4).map { _ in UInt8.random(in: 0...255, using: &generator) }
        // Half of them are near to what is forbidden.
        let near: [[UInt8]] = [[169, 254], [192, 0], [198, 18], [168, 63], [100, 100], [0, 1]]
        if round % 2 == 0, let near = near.randomElement(using: &generator) {
            bytes[0] = near[0]
            bytes[1] = near[1]
        }
        if bytes[0] == 0, bytes[1...3].elementsEqual([0, 0, 1]) { continue }
        let text = bytes.map { "\($0)" }.joined(separator: ".")
        let isForbidden = ForbiddenAddress.contains(host: text)
        forbidden += isForbidden ? 1 : 0
        let (high, low) = (
            String(Int(bytes[0]) << 8 | Int(bytes[1]), radix: 16), String(Int(bytes[2]) << 8 | Int(bytes[3]), radix: 16)
        )
        for other in [
            "::ffff:\(text)", "::\(text)", "::ffff:0:\(text)", "64:ff9b::\(text)", "2002:\(high):\(low)::1",
            "2001:db8::5efe:\(text)",
            "2001:db8::200:5efe:\(high):\(low)",
        ] { #expect(ForbiddenAddress.contains(host: other) == isForbidden, "\(other)") }
    }
    #expect(forbidden > 500 && forbidden < 3500)
}

@Test(arguments: [
    "https://idp.example.com.", "https://idp..example", "https://.example", "https://a%2eb", "https://a:", "https://a:0443",
    "https://a,b",
    "https://[fe80::1%25eth0]/", "https://[::1]:", "https://[v1.x]", "https://a[::1]", "https://@a", "https://a@", "http:/a",
    "http:a",
    "https://169.254.169.254.", "https://0xa9fea9fe", "https://169.16689662/",
])
func `A host is one that all readers read alike`(_ text: String) {
    #expect(UpstreamURL(text) == nil)
}

@Test func `Names that look alike are not those that go around the proxy`() throws {
    let rules = ProxyRules(environment: [
        "HTTPS_PROXY": "p.example", "NO_PROXY": "\u{212A}im.example,a.example\u{301},b.example,\u{301}",
    ])
    for (url, isDirect) in [("https://kim.example/", false), ("https://a.example/", false), ("https://b.example/", true)] {
        #expect(try (rules.proxy(for: try #require(UpstreamURL(url))) == nil) == isDirect, "\(url)")
    }
}

private let environment: [ExactText: String] = [
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
