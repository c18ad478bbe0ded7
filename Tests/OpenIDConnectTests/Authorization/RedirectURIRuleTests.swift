import Testing

@testable import OpenIDConnect

@Suite("A redirect URI") struct RedirectURIRuleTests {
    private static func client(_ uris: [String], isPublic: Bool) -> Client {
        Client(id: "c", secret: nil, name: "C", redirectURIs: uris, isPublic: isPublic)
    }

    @Test(
        "is compared as text",
        arguments: [
            ("https://app.example/cb", true), ("https://app.example/cb/", false), ("https://app.example/CB", false),
            ("https://app.example/cb?x=1", false), ("https://app.example/cb#f", false), ("https://app.example/c%62", false),
            ("https://app.example:443/cb", false), ("https://app.example/x/../cb", false), ("https://user@app.example/cb", false),
            ("https://app.example.evil/cb", false), ("http://app.example/cb", false), ("HTTPS://app.example/cb", false),
            ("https://app.example/cb\r\nX: y", false), (" https://app.example/cb", false), ("", false),
        ])
    func exact(uri: String, isAccepted: Bool) {
        for isPublic in [false, true] {
            #expect(
                RedirectURIRule(client: Self.client(["https://app.example/cb"], isPublic: isPublic)).accepts(uri) == isAccepted)
        }
    }

    @Test(
        "of a loopback address may have any port, for public clients (RFC 8252 §7.3)",
        arguments: [
            ("http://127.0.0.1:49152/cb", true), ("http://127.0.0.1/cb", true), ("http://[::1]:1/cb", false),
            ("http://localhost:49152/cb", false),
            ("http://127.0.0.1:49152/other", false), ("http://127.0.0.1:65536/cb", false), ("http://127.0.0.1:/cb", false),
            ("http://127.0.0.1:80x/cb", false), ("http://127.0.0.1:1@evil.example/cb", false),
            ("http://127.0.0.1.evil.example/cb", false),
            ("https://127.0.0.1:49152/cb", false), ("http://127.0.0.2:49152/cb", false),
        ])
    func loopback(uri: String, isAccepted: Bool) {
        #expect(RedirectURIRule(client: Self.client(["http://127.0.0.1:8000/cb"], isPublic: true)).accepts(uri) == isAccepted)
        #expect(!RedirectURIRule(client: Self.client(["http://127.0.0.1:8000/cb"], isPublic: false)).accepts(uri))
    }

    @Test(
        "of a public client without any may be every loopback address, as in Dex",
        arguments: [
            ("http://localhost:8000/any?x=1", true), ("http://127.0.0.1/", true), ("http://[::1]:5/", true),
            ("urn:ietf:wg:oauth:2.0:oob", true),
            ("http://localhost.evil.example/", false), ("http://localhostile/", false), ("https://localhost/", false),
            ("http://evil.example/", false),
        ])
    func unregistered(uri: String, isAccepted: Bool) {
        #expect(RedirectURIRule(client: Self.client([], isPublic: true)).accepts(uri) == isAccepted)
        #expect(!RedirectURIRule(client: Self.client([], isPublic: false)).accepts(uri))
    }
}
