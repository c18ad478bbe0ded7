import FoundationEssentials
import JOSE
import Testing

@testable import Edge

@Suite struct PolicyListTests {
    private let ann = EdgeIdentity(
        evidence: .bearer, issuer: "https://sso.example/dex", subject: "ann", audiences: ["web", "api"],
        email: "Ann@Corp.example", groups: ["admins", "team-a"],
        claims: [
            "department": "research", "level": 3, "mfa": true, "roles": ["reader", "writer"],
            "realm_access": ["roles": ["operator"]], "scope": "read write",
        ], expiresAt: .distantFuture)

    private func rule(_ change: (inout IdentityRule) -> Void) -> IdentityRule {
        var rule = IdentityRule()
        change(&rule)
        return rule
    }

    private func decide(
        _ change: (inout NativePolicy) -> Void, _ identity: EdgeIdentity?, from address: String = "10.1.2.3"
    ) -> PolicyDecision {
        var policy = NativePolicy()
        change(&policy)
        return PolicyList([policy]).decide(EdgeRequest(host: "a.example", clientAddress: address), identity)
    }

    private func allows(_ change: (inout IdentityRule) -> Void, _ identity: EdgeIdentity?) -> Bool {
        decide({ $0.allow = .any([rule(change)]) }, identity).outcome == .allow
    }

    @Test func `Without a policy for it nothing is allowed`() {
        #expect(PolicyList([]).decide(EdgeRequest(host: "a.example"), ann).outcome == .deny)
    }

    @Test func `Each condition of a rule lets in whom it names, and nobody else`() {
        #expect(allows({ $0.issuers = [TextPattern("https://sso.example/dex")] }, ann))
        #expect(!allows({ $0.issuers = [TextPattern("https://sso.example")] }, ann))
        #expect(allows({ $0.audiences = [TextPattern("api")] }, ann))
        #expect(!allows({ $0.audiences = [TextPattern("ap")] }, ann))
        #expect(allows({ $0.groups = [TextPattern("nobody"), TextPattern("team-*")] }, ann))
        #expect(!allows({ $0.groups = [TextPattern("team")] }, ann))
        #expect(allows({ $0.emails = ["ann@corp.example"] }, ann))
        #expect(!allows({ $0.emails = ["ann@corp.example.evil"] }, ann))
        #expect(allows({ $0.emailDomains = ["corp.example"] }, ann))
        #expect(allows({ $0.emailDomains = [".example"] }, ann))
        #expect(!allows({ $0.emailDomains = ["example"] }, ann))
        #expect(!allows({ $0.emailDomains = [".corp.example"] }, ann))
        #expect(allows({ $0.principals = [RequestPrincipal("https://sso.example/dex/ann")] }, ann))
        #expect(!allows({ $0.principals = [RequestPrincipal("https://sso.example/dex/bob")] }, ann))
        #expect(allows({ $0.addresses = [AddressBlock(network: [10, 0, 0, 0], prefixLength: 8)] }, ann))
        #expect(!allows({ $0.addresses = [AddressBlock(network: [10, 2, 0, 0], prefixLength: 16)] }, ann))
    }

    @Test func `Claims are compared as what they are, lists by their elements, and claims within claims`() {
        func claim(_ path: String..., is values: ClaimCondition.Value...) -> Bool {
            allows({ $0.claims = [ClaimCondition(path, values)] }, ann)
        }
        #expect(claim("department", is: .text(.exact("research"))))
        #expect(claim("department", is: .text(.prefix("res"))))
        #expect(claim("level", is: .integer(3)))
        #expect(!claim("level", is: .text(.exact("3"))))
        #expect(claim("mfa", is: .bool(true)))
        #expect(!claim("mfa", is: .bool(false)))
        #expect(claim("roles", is: .text(.exact("admin")), .text(.exact("writer"))))
        #expect(!claim("roles", is: .text(.exact("reader writer"))))
        #expect(claim("realm_access", "roles", is: .text(.exact("operator"))))
        #expect(!claim("realm_access.roles", is: .text(.exact("operator"))))
        #expect(claim("scope", is: .text(.exact("write"))))
        #expect(!claim("scope", is: .text(.exact("read write"))))
        #expect(!claim("absent", is: .text(.present)))
    }

    @Test func `Everything in a rule must hold`() {
        #expect(
            !allows(
                {
                    $0.groups = [TextPattern("admins")]
                    $0.emailDomains = ["other.example"]
                }, ann))
    }

    @Test(arguments: ["a@corp.example@evil.example", "@corp.example", "corp.example", "a@"])
    func `What is not one e-mail address is in no domain`(email: String) {
        var identity = ann
        identity.email = email
        #expect(!allows({ $0.emailDomains = ["corp.example", "evil.example"] }, identity))
    }

    @Test func `Deny comes before allow, and before anonymous`() {
        let deny = NativePolicy.Rules.any([rule { $0.groups = [TextPattern("team-a")] }])
        let decision = decide(
            {
                $0.deny = deny
                $0.allow = .all
            }, ann)
        #expect(decision == PolicyDecision(.deny, rule: "edge.policies[0] deny[0]"))
        #expect(
            decide(
                {
                    $0.deny = deny
                    $0.anonymous = .everybody
                }, ann
            ).outcome == .deny)
    }

    @Test func `Somebody unknown is asked who they are only where somebody may`() {
        #expect(decide({ $0.allow = .all }, nil).outcome == .authenticate)
        #expect(decide({ $0.allow = .any([rule { $0.groups = [TextPattern("x")] }]) }, nil).outcome == .authenticate)
        #expect(decide({ $0.deny = .all }, nil).outcome == .deny)
        #expect(
            decide(
                { $0.allow = .any([rule { $0.addresses = [AddressBlock(network: [1, 2, 3, 4], prefixLength: 32)] }]) }, nil
            ).outcome == .deny)
    }

    @Test func `An address alone lets nobody unknown in, anonymous does`() {
        let block = AddressBlock(network: [10, 0, 0, 0], prefixLength: 8)
        #expect(decide({ $0.allow = .any([rule { $0.addresses = [block] }]) }, nil).outcome == .authenticate)
        #expect(decide({ $0.anonymous = .at([block]) }, nil).outcome == .allow)
        #expect(decide({ $0.anonymous = .at([block]) }, nil, from: "11.0.0.1").outcome == .deny)
        #expect(decide({ $0.anonymous = .at([block]) }, nil, from: "").outcome == .deny)
    }

    @Test func `An unknown address is no way around a denied one`() {
        let block = AddressBlock(network: [10, 0, 0, 0], prefixLength: 8)
        let decision = decide(
            {
                $0.deny = .any([rule { $0.addresses = [block] }])
                $0.anonymous = .everybody
            }, nil, from: "")
        #expect(decision.outcome == .deny)
    }

    @Test func `A mapped IPv4 address is that IPv4 address`() {
        let block = AddressBlock(network: [10, 0, 0, 0], prefixLength: 8)
        #expect(decide({ $0.anonymous = .at([block]) }, nil, from: "::ffff:10.9.9.9").outcome == .allow)
    }

    @Test func `A subject with a slash is nobody's exact principal`() {
        var identity = ann
        identity.issuer = "https://sso.example"
        identity.subject = "dex/ann"
        #expect(!allows({ $0.principals = [RequestPrincipal("https://sso.example/dex/ann")] }, identity))
    }

    @Test func `An ambiguous path is refused whatever the policies say`() {
        var policy = NativePolicy()
        policy.anonymous = .everybody
        let decision = PolicyList([policy]).decide(EdgeRequest(host: "a.example", path: "/a%2f..%2fb"), nil)
        #expect(decision.outcome == .deny)
        #expect(decision.rule.hasPrefix("the path is refused"))
    }
}
