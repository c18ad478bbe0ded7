import FoundationEssentials
import Testing

@testable import Edge

/// Where a policy applies, and to whom: what must not be got around by writing it differently.
@Suite struct PolicyPlaceTests {
    private let ann = EdgeIdentity(evidence: .bearer, issuer: "i", subject: "ann", expiresAt: .distantFuture)

    /// Whether a policy for that place is the one that decides.
    private func applies(_ change: (inout NativePolicy) -> Void, to request: EdgeRequest) -> Bool {
        var policy = NativePolicy()
        policy.allow = .all
        change(&policy)
        let list = PolicyList([policy])
        let decision = list.decide(request, ann)
        #expect(list.explain(request, ann).decision == decision)
        return decision.outcome == .allow
    }

    @Test(
        arguments: [
            (.name("a.example"), "a.example", true), (.name("a.example"), "A.EXAMPLE", true),
            (.name("a.example"), "a.example:8443", true),
            (.name("a.example"), "b.a.example", false), (.name("a.example"), "xa.example", false),
            (.name("a.example"), "a.example.evil", false), (.name("[::1]"), "[::1]:80", true),
            (.nameAndPort("a.example:8443"), "a.example:8443", true),
            (.nameAndPort("a.example:8443"), "a.example", false), (.nameAndPort("a.example:8443"), "a.example:443", false),
            (.below("example"), "a.example", true), (.below("example"), "b.a.EXAMPLE:1", true),
            (.below("example"), "example", false),
            (.below("example"), "xexample", false), (.below("example"), ".example", false),
        ] as [(HostPattern, String, Bool)])
    func `Hosts`(pattern: HostPattern, host: String, expected: Bool) {
        #expect(applies({ $0.hosts = [pattern] }, to: EdgeRequest(host: host)) == expected)
    }

    /// What is no host must not pass for "some other host".
    @Test(arguments: [
        "", ".", "a.example.", "a.example..", "a.example.:8443", ".example", "a..example", "a.example, b.example", "a.example:",
        "a.example:?", "a.example:80?x", "a.example:0", "a.example:080", "a.example:65536", "a.example:8o", "[::1", "[::1]x",
        "[::g]",
        "[a.example]", "a.example\\x", "a.example%2f", "a.example/x", "a@a.example", "a example", "a.example\u{301}",
        "\u{212A}.example", "ａ.example", "a.example\u{0}", "a.example\r", "xn--\u{e9}", "a.example:80:80", "::1",
        String(repeating: "a", count: 256),
    ]) func `What is no host is refused by every policy`(host: String) {
        var policy = NativePolicy()
        policy.anonymous = .everybody
        let request = EdgeRequest(host: host)
        let lists: [any ExplainablePolicy] = [
            PolicyList([policy]), IstioPolicyList([]),
            IstioPolicyList([IstioPolicy(name: "p", action: .allow, rules: [.init()])]),
            IstioPolicyList([], native: PolicyList([policy])),
        ]
        for list in lists {
            #expect(list.decide(request, ann).outcome == .deny)
            let explanation = list.explain(request, ann)
            #expect(explanation.decision == list.decide(request, ann) && explanation.path == nil)
            #expect(explanation.steps.map(\.rule) == ["host"] && explanation.steps.map(\.result) == [.refused])
        }
        #expect(lists[0].decide(EdgeRequest(host: "k.example:8443"), nil).outcome == .allow)
    }

    @Test func `Methods and selectors`() {
        let request = EdgeRequest(method: "GET", host: "a", policySelector: "s")
        #expect(applies({ $0.methods = ["PUT", "GET"] }, to: request))
        #expect(!applies({ $0.methods = ["PUT"] }, to: request))
        // Methods are case-sensitive (RFC 9110 §9.1).
        #expect(!applies({ $0.methods = ["get"] }, to: request))
        #expect(applies({ $0.selector = "s" }, to: request))
        #expect(!applies({ $0.selector = "t" }, to: request))
        #expect(!applies({ $0.selector = "s" }, to: EdgeRequest(host: "a")))
    }

    @Test(arguments: [
        ("/a", true), ("/x/../a", true), ("//a", true), ("/%61", true), ("/./a", true), ("/A", false), ("/a/", false),
        ("/ab", false),
    ])
    func `Paths in their normal form`(path: String, expected: Bool) {
        #expect(
            applies({ $0.paths = [PathPattern([.text(Array("/a".utf8))])] }, to: EdgeRequest(host: "a", path: path)) == expected)
    }

    /// `/admin/*` is for Ann alone, the rest for everybody.
    @Test(arguments: [
        ("/public;x=1", true), ("/public/a;v=1/b;w", true), ("/x;/y", true), ("/admin", false), ("/admin;x", false),
        ("/admin;", false),
        ("/admin;x=1/secret", false), ("/admin/;x/secret", false), ("/;x/admin/secret", false), ("/;/admin", false),
        ("/public/;/..;x", false), ("/;a/;b/admin", false), ("/admin;x;y/a", false), ("/adm;in", true), ("/public%3B/x", true),
        ("/%61dmin;x", false), ("/x/../admin;y/z", false), ("/admin\u{37E}x", false),
    ])
    func `Parameters of a path are no way around a policy`(path: String, isOpen: Bool) {
        func pattern(_ text: String, _ rest: [PathPattern.Part] = []) -> PathPattern {
            PathPattern([.text(Array(text.utf8))] + rest)
        }
        var (admin, rest) = (NativePolicy(), NativePolicy())
        admin.paths = [pattern("/admin"), pattern("/admin/", [.anything])]
        admin.allow = .all
        rest.anonymous = .everybody
        let list = PolicyList([admin, rest])
        let request = EdgeRequest(host: "a", path: path)
        #expect((list.decide(request, nil).outcome == .allow) == isOpen)
        #expect(list.explain(request, nil).decision == list.decide(request, nil))
        #expect(list.explain(request, ann).decision == list.decide(request, ann))
        let pathsSeen = list.explain(request, ann).path
        #expect(pathsSeen == (try? EdgePath(path, .mergeSlashes).text))
    }

    @Test(
        arguments: [
            ([10, 16, 0, 0], 12, "10.31.255.255", true), ([10, 16, 0, 0], 12, "10.32.0.0", false),
            ([10, 16, 0, 0], 12, "11.16.0.0", false), ([10, 1, 2, 3], 32, "10.1.2.3", true),
            ([10, 1, 2, 3], 32, "10.1.2.2", false),
            ([10, 0, 0, 0], 8, "::ffff:10.1.2.3", true), ([10, 0, 0, 0], 8, "a00::1", false),
            ([0, 0, 0, 0], 0, "192.0.2.1", true),
            ([0, 0, 0, 0], 0, "::1", false), ([0, 0, 0, 0], 0, "x", false), ([0, 0, 0, 0], 0, "", false),
            ([0xFD] + Array(repeating: 0, count: 15), 8, "fd12::1", true),
            ([0xFD] + Array(repeating: 0, count: 15), 8, "fe80::1", false),
        ] as [([UInt8], Int, String, Bool)])
    func `Addresses`(network: [UInt8], length: Int, address: String, expected: Bool) {
        let block = AddressBlock(network: network, prefixLength: length)
        var rule = IdentityRule()
        rule.addresses = [block]
        let request = EdgeRequest(host: "a", clientAddress: address)
        #expect(applies({ $0.allow = .any([rule]) }, to: request) == expected)
        var anonymous = NativePolicy()
        anonymous.anonymous = .at([block])
        #expect((PolicyList([anonymous]).decide(request, nil).outcome == .allow) == expected)
    }

    @Test func `A policy that allows nobody allows nobody`() {
        #expect(!applies({ $0.allow = .any([]) }, to: EdgeRequest(host: "a")))
        var everybody = NativePolicy()
        everybody.allow = .all
        #expect(PolicyList([everybody]).decide(EdgeRequest(host: "a"), nil).outcome == .authenticate)
    }

    @Test func `Deny to all is for those who are allowed, too`() {
        #expect(!applies({ $0.deny = .all }, to: EdgeRequest(host: "a")))
    }

    @Test(arguments: [
        ("*", true), ("*x", false), ("x*", false), ("a*", true), ("*n", true), ("ann", true), ("Ann", false), ("an", false),
    ])
    func `A star stands at one end`(pattern: String, expected: Bool) {
        #expect(TextPattern(pattern).matches("ann") == expected)
        #expect(!TextPattern(pattern).matches(""))
    }
}
