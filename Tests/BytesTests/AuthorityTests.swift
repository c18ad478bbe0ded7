import Bytes
import Testing

@Suite struct AuthorityTests {
    @Test(
        arguments: [
            ("a.test", "a.test", nil), ("A.Test:8443", "a.test", 8443), ("[::1]:80", "[::1]", 80),
            ("[FE80::1]", "[fe80::1]", nil),
            ("127.0.0.1:1", "127.0.0.1", 1), ("my_svc.ns.svc.cluster.local", "my_svc.ns.svc.cluster.local", nil),
            ("xn--bcher-kva.example:65535", "xn--bcher-kva.example", 65535), ("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", nil),
        ] as [(String, String, Int?)])
    func `what everybody reads alike is an authority`(text: String, host: String, port: Int?) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host.exact == host.exact)
        #expect(authority.port == port)
        #expect(Authority(authority.text) == authority)
    }

    @Test(arguments: [
        "", ".", "a.test.", "a.test..", ".a.test", "a..test", "a.test:", "a.test:0", "a.test:080", "a.test:65536",
        "a.test:123456",
        "a.test:?", "a.test:80?x", "a.test:80/", "a.test, x", "a.test,x", "a.test x", " a.test", "a.test\t", "a.test\\x",
        "a.test/x",
        "a.test%2f", "%61.test", "user@a.test", "user:1@a.test", "a.test#x", "a.test?x", "a.test;x", "[::1", "::1", "[::1]x",
        "[::1]:",
        "[::1%25lo]", "[]", "[:]", "[1.2.3.4]", "[v1.x]", "[g::]", "a.test:+1", "a.test:-1", "a.test:1e2", "a.test: 80",
        "a.test:８０",
        "\u{212A}.test", "a\u{301}.test", "a.test\u{301}", "ä.test", "a\u{3002}test", "a.te\u{AD}st", "a.test\u{0}", "a\r\nb",
        "a.test:80:80",
        "*.test", "a'.test", "a\".test", "<a>", "a.test:\u{661}",
    ])
    func `anything else is none`(text: String) {
        #expect(Authority(text) == nil)
    }

    @Test func `a name as long as names may be, and one longer`() {
        let label = String(repeating: "a", count: 63)
        let name = [label, label, label, label].joined(separator: ".")
        #expect(Authority(name + ":65535") != nil)
        #expect(Authority(name + "a") == nil)
    }

    @Test func `the scheme's own port goes`() {
        #expect(Authority("a.test:443")?.withoutDefaultPort(scheme: "https").text.exact == "a.test")
        #expect(Authority("a.test:443")?.withoutDefaultPort(scheme: "http").text.exact == "a.test:443")
        #expect(Authority("a.test:80")?.withoutDefaultPort(scheme: "http").text.exact == "a.test")
    }
}
