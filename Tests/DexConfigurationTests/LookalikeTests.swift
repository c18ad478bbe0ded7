import Bytes
import DexConfiguration
import Testing

/// Texts that are other texts, though characters count them as the same: U+212A (Kelvin) for K, U+037E for `;`, U+1FEF for a backtick,
/// and composed letters for those with marks.
private let lookalikes = [("K", "\u{212A}"), ("a;b", "a\u{37E}b"), ("a`b", "a\u{1FEF}b"), ("e\u{301}", "\u{E9}")]

@Suite("What only looks the same is something else")
struct LookalikeTests {
    @Test(arguments: lookalikes)
    func `Two clients may have ids that only look the same`(_ id: String, _ other: String) throws {
        let clients = """
            staticClients:
            - {id: "\(id)", secret: abcdefghijklmnop, name: a, redirectURIs: [https://a.example/cb]}
            - {id: "\(other)", secret: abcdefghijklmnop, name: b, redirectURIs: [https://a.example/cb]}
            """
        #expect(problems(minimal + clients) == [])
        #expect(problems(minimal + clients.replacing(other, with: id)).contains { $0.contains("is taken") })
    }

    @Test(arguments: lookalikes)
    func `Two connectors may have ids that only look the same`(_ id: String, _ other: String) {
        let connectors = """
            connectors:
            - {id: "\(id)", type: mockCallback, name: a}
            - {id: "\(other)", type: mockCallback, name: b}
            """
        #expect(problems(minimal + connectors) == [])
    }

    @Test(arguments: lookalikes)
    func `A connector whose id only looks the same is not the one that is meant`(_ id: String, _ other: String) {
        let yaml = """
            connectors: [{id: "\(id)", type: mockPassword, name: a, config: {username: u, password: p}}]
            oauth2: {passwordConnector: "\(other)"}
            """
        #expect(problems(minimal + yaml).contains { $0.contains("there is no connector") })
    }

    @Test func `An e-mail address is taken in ASCII's upper and lower case, and in no other spelling`() {
        let hash = "$2a$10$33EMT0cVYVlPy6WAMCLsceLYjWhuHpbz5yuZxu/GAFj03J9Lytjuy"
        func users(_ first: String, _ second: String) -> String {
            minimal + """
                staticPasswords:
                - {email: "\(first)", hash: "\(hash)", username: a, userID: a}
                - {email: "\(second)", hash: "\(hash)", username: b, userID: b}
                """
        }
        #expect(problems(users("kim@a.example", "KIM@A.example")).contains { $0.contains("is taken") })
        #expect(problems(users("kim@a.example", "\u{212A}im@a.example")) == [])
        #expect(problems(users("\u{E9}va@a.example", "\u{C9}va@a.example")) == [])
        #expect(problems(users("e\u{301}va@a.example", "\u{E9}va@a.example")) == [])
    }

    @Test func `A variable whose name only looks the same is not set`() {
        let yaml =
            minimal
            + "staticClients: [{idEnv: \"\u{212A}\", secret: abcdefghijklmnop, name: a, redirectURIs: [https://a.example/]}]"
        #expect(problems(yaml, environment: ["K": "a"]).contains { $0.contains("is not set") })
        #expect(problems(yaml, environment: ["\u{212A}": "a"]) == [])
    }

    @Test func `A key that only looks the same is unknown`() {
        #expect(problems(minimal + "edge: {headers: {\u{212A}ubeflowPrefix: a}}").contains { $0.contains("unknown key") })
        #expect(problems(minimal.replacing("http:", with: "http\u{301}:")).contains { $0.contains("unknown key") })
    }

    @Test(arguments: ["[a]/\u{301}", "request.headers[x-a]\u{301}", "request.headers\u{301}[x-a]", "request.headers[\u{301}x]["])
    func `An attribute of Istio with a mark in it is not that attribute`(_ key: String) {
        let manifest = """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: a}
            spec: {rules: [{when: [{key: "\(key)", values: ["x"]}]}]}
            """
        let yaml = minimal + "edge: {policyFiles: [p.yaml]}"
        #expect(problems(yaml, files: ["p.yaml": manifest]) != [])
        #expect(problems(yaml, files: ["p.yaml": manifest.replacing(key, with: "request.headers[x-a]")]) == [])
    }
}

/// Hosts as no two readers read them alike. None of them is one anywhere in the configuration.
private let oddHosts = [
    "a.test..", "a..test", ".", "a.test%2f", "a.test\\x", "a test", "a.test, x", "[::1", "[::1]x", "[a.test]", "::1", "a.test:",
    "a.test:0",
    "a.test:08080", "a.test:65536", "a.test:80:80", "a.test?x", "a.test#x", "u@a.test", "a.test/", "\u{E9}.test", "\u{212A}.test",
    "a.test\u{301}", "a*.test", "*.*.test", "*.[::1]",
]

@Suite("Hosts of the configuration are read as those of requests are")
struct HostTests {
    private func yaml(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\") + "\""
    }

    @Test(arguments: oddHosts)
    func `A policy is for no odd host`(_ host: String) {
        #expect(
            problems(minimal + "edge: {policies: [{host: \(yaml(host)), anonymous: true}]}").contains { $0.contains("host:") })
    }

    @Test(arguments: oddHosts)
    func `Nobody is sent to an odd host after the login`(_ host: String) {
        let found = problems(minimal + "edge: {login: {allowedRedirectHosts: [ok.test, \(yaml(host))]}}")
        #expect(found.contains { $0.contains("allowedRedirectHosts") }, "\(found)")
    }

    @Test(arguments: oddHosts + ["a.test:80"])
    func `An upstream has no odd host`(_ host: String) {
        let edge = "edge: {listen: {http: ':1'}, upstreams: [{host: \(yaml(host)), url: 'http://127.0.0.1:1'}]}"
        #expect(problems(minimal + edge).contains { $0.contains("host") && $0.contains("not a host") })
    }

    @Test(arguments: ["a.test%2f", "a.test..", "a.test:0", "[::1]x", "\u{212A}.test", "a.test\u{301}"])
    func `The login's origin has no odd host`(_ host: String) {
        #expect(problems(minimal + "edge: {login: {origin: \(yaml("https://" + host))}}").contains { $0.contains("origin") })
    }

    @Test(arguments: [
        ("App.Example.COM", "app.example.com"), ("app.example.com.", "app.example.com"), ("A_b.svc:8443", "a_b.svc:8443"),
        ("[2001:DB8::1]", "[2001:db8::1]"), ("[::1]:80", "[::1]:80"), ("*.Example.com", "*.example.com"),
        ("127.0.0.1", "127.0.0.1"),
    ])
    func `Other hosts are taken, in lower case`(_ host: String, _ expected: String) throws {
        let policies = "[{host: \(yaml(host)), anonymous: true}]"
        let edge = try Configuration.Edge.loadPolicies(yaml: policies, file: "p.yaml", environment: [:]) { _ in "" }.edge
        let read = edge.policies.first?.hosts.first.map { host in
            switch host {
            case .name(let name), .nameAndPort(let name): name.text
            case .below(let name): "*." + name.text
            }
        }
        #expect(read == expected)
    }
}
