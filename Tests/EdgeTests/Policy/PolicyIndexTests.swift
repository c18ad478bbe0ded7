import FoundationEssentials
import Testing

@testable import Edge

/// The index must not change what is decided: looking at all policies one after the other is the measure.
@Suite struct PolicyIndexTests {
    private static let hosts: [HostPattern] = [
        .name("a.example"), .name("b.a.example"), .name("example"), .nameAndPort("a.example:8443"), .below("example"),
        .below("a.example"),
    ]
    private static let requestHosts = [
        "a.example", "A.Example", "a.example.", "a.example:8443", "b.a.example", "c.b.a.example:1", "example", "xexample", "",
        "[::1]:80",
    ]
    private static let words = ["a", "ab", "abc", "b", "models", "m1:predict", ""]
    private static let methods = ["GET", "POST", "PUT"]

    private func path(_ random: inout SeededRandom) -> PathPattern {
        var parts: [PathPattern.Part] = [.text(Array("/".utf8))]
        for _ in 0...Int(random.next() % 3) {
            switch random.next() % 8 {
            case 0: parts.append(.segment)
            case 1: parts += [.segment, .text(Array(":predict".utf8))]
            case 2: parts += [.text(Array("a".utf8)), .segment]
            case 3 where random.chance(40): parts.append(.anything)
            default: parts.append(.text(Array(random.pick(Self.words).utf8)))
            }
            if random.chance(70) { parts.append(.text(Array("/".utf8))) }
        }
        if random.chance(30) { parts.append(.anything) }
        return PathPattern(parts)
    }

    private func policy(_ random: inout SeededRandom) -> NativePolicy {
        var policy = NativePolicy()
        policy.hosts = random.some(2, of: Self.hosts)
        if random.chance(90) { policy.paths = (0...Int(random.next() % 2)).map { _ in path(&random) } }
        policy.methods = random.chance(40) ? random.some(2, of: Self.methods) : []
        policy.selector = random.chance(10) ? "s" : nil
        policy.allow = .all
        return policy
    }

    private func request(_ random: inout SeededRandom) -> EdgeRequest {
        let segments = (0...Int(random.next() % 4)).map { _ in random.pick(Self.words) }
        return EdgeRequest(
            method: random.pick(Self.methods), host: random.pick(Self.requestHosts),
            path: "/" + segments.joined(separator: "/"), policySelector: random.chance(20) ? "s" : nil)
    }

    @Test(arguments: 0..<60) func `The indexed policies decide as the same policies one after the other`(seed: UInt64) {
        var random = SeededRandom(seed)
        let policies = (0..<Int(12 + random.next() % 60)).map { _ in policy(&random) }
        // Paths as they are: two slashes in a row are a case, too.
        let list = PolicyList(policies, normalization: .none)
        var fitting = 0
        for _ in 0..<200 {
            let request = request(&random)
            let decision = list.decide(request, nil)
            #expect(decision == list.explain(request, nil).decision, "\(request.host) \(request.path)")
            if decision.rule.hasPrefix("edge.policies[") { fitting += 1 }
        }
        #expect(fitting > 0)
    }

    @Test func `Of two policies for one place the first decides, however special the second is`() {
        var all = NativePolicy()
        all.deny = .all
        var special = NativePolicy()
        special.hosts = [.name("a.example")]
        special.paths = [PathPattern([.text(Array("/a".utf8))])]
        special.anonymous = .everybody
        let request = EdgeRequest(host: "a.example", path: "/a")
        #expect(PolicyList([all, special]).decide(request, nil).rule == "edge.policies[0]")
        #expect(PolicyList([special, all]).decide(request, nil).rule == "edge.policies[0] anonymous")
    }
}
