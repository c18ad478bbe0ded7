import FoundationEssentials
import Testing

@testable import Edge

/// How AuthorizationPolicies decide together.
@Suite struct IstioPolicyListTests {
    private let ann = EdgeIdentity(evidence: .bearer, issuer: "i", subject: "ann", expiresAt: .distantFuture)
    private let request = EdgeRequest(method: "GET", host: "a.example", path: "/a")

    private static let get = IstioTest("methods", .methods([.exact("GET")]))
    private static let put = IstioTest("methods", .methods([.exact("PUT")]))
    private static let isA = IstioTest("paths", .paths([.text(.exact("/a"))]))
    private static let isB = IstioTest("paths", .paths([.text(.exact("/b"))]))
    private static let known = IstioTest("requestPrincipals", .requestPrincipals([RequestPrincipal("*")]))
    private static let bob = IstioTest("requestPrincipals", .requestPrincipals([RequestPrincipal("i/bob")]))
    /// What nobody tells here.
    private static let port = IstioTest("ports", .ports([80]))
    private static let any = IstioPolicy.Rule()
    private static let never = IstioPolicy.Rule(operations: [[put]])

    private func policy(
        _ action: IstioPolicy.Action, _ rules: [IstioPolicy.Rule], dryRun: Bool = false, hosts: [HostPattern] = []
    ) -> IstioPolicy {
        IstioPolicy(name: "ns/\(action)", action: action, rules: rules, isDryRun: dryRun, hosts: hosts)
    }

    private func decide(
        _ policies: [IstioPolicy], native: PolicyList? = nil, _ request: EdgeRequest? = nil,
        unknown: Bool = false
    ) -> PolicyDecision.Outcome {
        let list = IstioPolicyList(policies, native: native)
        let (request, identity) = (request ?? self.request, unknown ? nil : ann)
        let outcome = list.decide(request, identity).outcome
        #expect(list.explain(request, identity).decision.outcome == outcome)
        return outcome
    }

    @Test func `Without an ALLOW policy all is allowed, with one only what it names`() {
        #expect(decide([]) == .allow)
        #expect(decide([policy(.deny, [Self.never])]) == .allow)
        #expect(decide([policy(.allow, [Self.any])]) == .allow)
        #expect(decide([policy(.allow, [Self.never])]) == .deny)
        #expect(decide([policy(.allow, [Self.never]), policy(.allow, [Self.any])]) == .allow)
    }

    @Test func `A policy without rules fits nothing: ALLOW then allows nothing, DENY denies nothing`() {
        #expect(decide([policy(.allow, [])]) == .deny)
        #expect(decide([policy(.deny, [])]) == .allow)
        #expect(decide([policy(.custom, [])]) == .allow)
    }

    @Test func `DENY comes before ALLOW, in whatever order they are written`() {
        let (allow, deny) = (policy(.allow, [Self.any]), policy(.deny, [Self.any]))
        #expect(decide([allow, deny]) == .deny && decide([deny, allow]) == .deny)
    }

    @Test func `What is unknown denies and is asked about, and allows nothing`() {
        let rule = IstioPolicy.Rule(operations: [[Self.port]])
        #expect(decide([policy(.deny, [rule])]) == .deny)
        #expect(decide([policy(.allow, [rule])]) == .deny)
        #expect(decide([policy(.custom, [rule])], unknown: true) == .authenticate)
    }

    @Test func `AUDIT and dry runs decide nothing`() {
        for rule in [Self.any, Self.never] {
            #expect(decide([policy(.audit, [rule])]) == .allow)
            #expect(decide([policy(.audit, [rule]), policy(.allow, [Self.never])]) == .deny)
            #expect(decide([policy(.deny, [rule], dryRun: true)]) == .allow)
            #expect(decide([policy(.allow, [rule], dryRun: true)]) == .allow)
            #expect(decide([policy(.allow, [rule], dryRun: true), policy(.allow, [Self.never])]) == .deny)
            #expect(decide([policy(.custom, [rule], dryRun: true)], unknown: true) == .allow)
        }
    }

    @Test func `The edge's own policies must allow, too`() {
        #expect(decide([policy(.allow, [Self.any])], native: PolicyList([])) == .deny)
        #expect(decide([], native: PolicyList([])) == .deny)
        var everybody = NativePolicy()
        everybody.allow = .all
        #expect(decide([], native: PolicyList([everybody])) == .allow)
        #expect(decide([], native: PolicyList([everybody]), unknown: true) == .authenticate)
        #expect(decide([policy(.deny, [Self.any])], native: PolicyList([everybody])) == .deny)
        #expect(decide([policy(.allow, [Self.never])], native: PolicyList([everybody])) == .deny)
    }

    @Test func `With CUSTOM they decide about what it names only`() {
        let custom = policy(.custom, [.init(operations: [[Self.isA]])])
        #expect(decide([custom], native: PolicyList([])) == .deny)
        #expect(decide([custom], native: PolicyList([]), EdgeRequest(host: "a.example", path: "/c")) == .allow)
        #expect(decide([custom, policy(.allow, [Self.never])]) == .deny)
    }

    @Test func `Files for other hosts say nothing`() {
        for host in [HostPattern.name("b.example"), .below("a.example"), .nameAndPort("a.example:1")] {
            #expect(decide([policy(.deny, [Self.any], hosts: [host])]) == .allow)
            #expect(decide([policy(.allow, [Self.never], hosts: [host])]) == .allow)
            #expect(decide([policy(.custom, [Self.any], hosts: [host])], unknown: true) == .allow)
        }
        #expect(decide([policy(.deny, [Self.any], hosts: [.name("a.example")])]) == .deny)
        #expect(decide([policy(.allow, [Self.never], hosts: [.name("a.example")])]) == .deny)
    }

    struct Shape: Sendable, CustomTestStringConvertible {
        let rule: IstioPolicy.Rule
        let fits: Bool
        let testDescription: String

        init(_ description: String, _ rule: IstioPolicy.Rule, _ fits: Bool) {
            (testDescription, self.rule, self.fits) = (description, rule, fits)
        }
    }

    @Test(arguments: [
        Shape("everything in an operation", .init(operations: [[get, isA]]), true),
        Shape("not one thing in an operation", .init(operations: [[get, isB]]), false),
        Shape("one of several operations", .init(operations: [[put], [get]]), true),
        Shape("none of several operations", .init(operations: [[put], [isB]]), false),
        Shape("one of several sources", .init(sources: [[bob], [known]]), true),
        Shape("none of several sources", .init(sources: [[bob], [bob]]), false),
        Shape("not one thing in a source", .init(sources: [[known, bob]]), false),
        Shape("all conditions", .init(conditions: [get, known]), true),
        Shape("not one of the conditions", .init(conditions: [get, bob]), false),
        Shape("a source and an operation", .init(sources: [[known]], operations: [[get]]), true),
        Shape("a source, and no operation", .init(sources: [[known]], operations: [[put]]), false),
        Shape("an operation, and no source", .init(sources: [[bob]], operations: [[get]]), false),
        Shape("both, and not the conditions", .init(sources: [[known]], operations: [[get]], conditions: [isB]), false),
    ])
    func `A rule fits by`(shape: Shape) {
        #expect(decide([policy(.allow, [shape.rule])]) == (shape.fits ? .allow : .deny))
        #expect(decide([policy(.deny, [shape.rule])]) == (shape.fits ? .deny : .allow))
    }

    @Test func `A negated path is no way around a denial`() {
        var notA = Self.isA
        notA.isNegated = true
        #expect(decide([policy(.deny, [.init(operations: [[notA]])])], EdgeRequest(host: "a.example", path: "/c")) == .deny)
        #expect(decide([policy(.deny, [.init(operations: [[notA]])])]) == .allow)
    }

    @Test func `Somebody known who may not is not asked who they are`() {
        #expect(decide([policy(.allow, [.init(sources: [[Self.bob]])])]) == .deny)
        #expect(decide([policy(.allow, [.init(sources: [[Self.bob]])])], unknown: true) == .authenticate)
    }

    @Test(arguments: ["/a%2fb", "/a/..;/b", "/a%00", "b"]) func `An ambiguous path is denied, whatever is allowed`(path: String) {
        #expect(decide([policy(.allow, [Self.any])], EdgeRequest(host: "a.example", path: path)) == .deny)
    }

    @Test func `Paths are compared in their normal form`() {
        for path in ["/x/../a", "//a", "/%61", "/./a"] {
            #expect(
                decide([policy(.deny, [.init(operations: [[Self.isA]])])], EdgeRequest(host: "a.example", path: path)) == .deny)
        }
    }
}
