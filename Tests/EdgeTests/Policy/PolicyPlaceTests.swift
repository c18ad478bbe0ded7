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
            (.name("a.example"), "a.example.", true),
            (.name("a.example"), "a.example:8443", true), (.name("a.example"), "a.example.:8443", true),
            (.name("a.example"), "b.a.example", false), (.name("a.example"), "xa.example", false),
            (.name("a.example"), "a.example.evil", false), (.name("[::1]"), "[::1]:80", true),
            (.nameAndPort("a.example:8443"), "a.example:8443", true), (.nameAndPort("a.example:8443"), "a.example.:8443", true),
            (.nameAndPort("a.example:8443"), "a.example", false), (.nameAndPort("a.example:8443"), "a.example:443", false),
            (.below("example"), "a.example", true), (.below("example"), "b.a.EXAMPLE.:1", true),
            (.below("example"), "example", false),
            (.below("example"), "xexample", false), (.below("example"), ".example", false),
        ] as [(HostPattern, String, Bool)])
    func `Hosts`(pattern: HostPattern, host: String, expected: Bool) {
        #expect(applies({ $0.hosts = [pattern] }, to: EdgeRequest(host: host)) == expected)
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
