import FoundationEssentials
import Testing

@testable import Edge

/// As for native policies: the index must not change what is decided.
@Suite struct IstioIndexTests {
    private static let hosts = ["a.example", "*.example", "a.*", "*", "a.example:8443"]
    private static let paths: [IstioPath] = [
        .text(TextPattern("/a")), .text(TextPattern("/a*")), .text(TextPattern("*b")), .text(TextPattern("*")),
        .template(PathPattern([.text(Array("/a/".utf8)), .segment]), "/a/{*}"),
    ]
    private let ann = EdgeIdentity(evidence: .bearer, issuer: "i", subject: "ann", expiresAt: .distantFuture)

    private func operation(_ random: inout SeededRandom) -> [IstioTest] {
        var tests: [IstioTest] = []
        let hosts = random.some(2, of: Self.hosts)
        if !hosts.isEmpty { tests.append(IstioTest("hosts", .hosts(hosts.map(TextPattern.init)), isNegated: random.chance(20))) }
        let paths = random.some(2, of: Self.paths)
        if !paths.isEmpty { tests.append(IstioTest("paths", .paths(paths), isNegated: random.chance(20))) }
        if random.chance(30) { tests.append(IstioTest("ports", .ports([80]))) }
        return tests.isEmpty ? [IstioTest("methods", .methods([.exact("GET")]))] : tests
    }

    private func rule(_ random: inout SeededRandom) -> IstioPolicy.Rule {
        var rule = IstioPolicy.Rule()
        rule.operations = (0..<Int(random.next() % 3)).map { _ in operation(&random) }
        if random.chance(50) {
            rule.sources = [[IstioTest("s", .requestPrincipals([RequestPrincipal("i/ann")]), isNegated: random.chance(50))]]
        }
        return rule
    }

    @Test(arguments: 0..<60) func `Indexed rules decide as the same rules one after the other`(seed: UInt64) {
        var random = SeededRandom(seed)
        let policies = (0..<Int(1 + random.next() % 12)).map { number in
            IstioPolicy(
                name: "ns/p\(number)", action: random.pick(IstioPolicy.Action.allCases),
                rules: (0..<Int(random.next() % 4)).map { _ in rule(&random) }, isDryRun: random.chance(10),
                hosts: random.chance(30) ? [.below("example")] : [])
        }
        let list = IstioPolicyList(policies, normalization: .none)
        for _ in 0..<200 {
            let request = EdgeRequest(
                method: random.pick(["GET", "POST"]), host: random.pick(["a.example", "A.EXAMPLE:8443", "b.example", "example"]),
                path: random.pick(["/a", "/b", "/a/b", "/a/c", "/"]), destinationPort: random.pick([80, 81, nil]))
            let identity = random.chance(50) ? ann : nil
            #expect(list.decide(request, identity) == list.explain(request, identity).decision)
        }
    }

    @Test func `What nobody told is no way around a denial, and lets nobody in`() {
        let rule = IstioPolicy.Rule(operations: [[IstioTest("ports", .ports([80]), isNegated: true)]])
        let request = EdgeRequest(host: "a.example")
        let deny = IstioPolicyList([IstioPolicy(name: "p", action: .deny, rules: [rule])])
        #expect(deny.decide(request, ann).outcome == .deny)
        let allow = IstioPolicyList([IstioPolicy(name: "p", action: .allow, rules: [rule])])
        #expect(allow.decide(request, ann).outcome == .deny)
        var told = request
        told.destinationPort = 443
        #expect(allow.decide(told, ann).outcome == .allow)
    }

    @Test func `Somebody unknown is asked who they are only where somebody may`() {
        let anybody = IstioTest("s", .requestPrincipals([RequestPrincipal("*")]))
        let allow = IstioPolicyList([
            IstioPolicy(
                name: "p", action: .allow,
                rules: [.init(sources: [[anybody]], operations: [[IstioTest("m", .methods([.exact("GET")]))]])])
        ])
        #expect(allow.decide(EdgeRequest(method: "GET", host: "a"), nil).outcome == .authenticate)
        #expect(allow.decide(EdgeRequest(method: "PUT", host: "a"), nil).outcome == .deny)
        var without = anybody
        without.isNegated = true
        let deny = IstioPolicyList([IstioPolicy(name: "p", action: .deny, rules: [.init(sources: [[without]])])])
        #expect(deny.decide(EdgeRequest(host: "a"), nil).outcome == .authenticate)
        #expect(deny.decide(EdgeRequest(host: "a"), ann).outcome == .allow)
        let everybody = IstioPolicyList([IstioPolicy(name: "p", action: .deny, rules: [.init()])])
        #expect(everybody.decide(EdgeRequest(host: "a"), nil).outcome == .deny)
    }

    @Test func `CUSTOM hands on to the native policies, and cannot overrule DENY`() {
        let custom = IstioPolicy(
            name: "c", action: .custom, rules: [.init(operations: [[IstioTest("p", .paths([.text(.prefix("/app"))]))]])])
        var admins = NativePolicy()
        var rule = IdentityRule()
        rule.groups = [.exact("admins")]
        admins.allow = .any([rule])
        admins.backendAudience = "app"
        let list = IstioPolicyList([custom], native: PolicyList([admins]))
        var admin = ann
        admin.groups = ["admins"]
        let app = EdgeRequest(host: "a", path: "/app")
        #expect(list.decide(app, nil).outcome == .authenticate)
        #expect(list.decide(app, ann).outcome == .deny)
        #expect(list.decide(app, admin).outcome == .allow)
        #expect(list.decide(app, admin).backendAudience == "app")
        #expect(list.decide(EdgeRequest(host: "a", path: "/other"), nil).outcome == .allow)
        #expect(IstioPolicyList([custom]).decide(app, nil).outcome == .authenticate)
        #expect(IstioPolicyList([custom]).decide(app, ann).outcome == .allow)
        let deny = IstioPolicy(name: "d", action: .deny, rules: [.init()])
        #expect(IstioPolicyList([custom, deny], native: PolicyList([admins])).decide(app, admin).outcome == .deny)
    }
}
