/// An AuthorizationPolicy of Istio (security.istio.io/v1), as the edge applies it.
public struct IstioPolicy: Sendable, Hashable {
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case allow = "ALLOW"
        case deny = "DENY"
        /// Decides nothing.
        case audit = "AUDIT"
        /// Hands the request on: to `edge.policies`.
        case custom = "CUSTOM"
    }

    public struct Rule: Sendable, Hashable {
        /// One must fit, and everything in it; empty: every source does.
        public var sources: [[IstioTest]]
        /// As above.
        public var operations: [[IstioTest]]
        /// All must hold.
        public var conditions: [IstioTest]

        public init(sources: [[IstioTest]] = [], operations: [[IstioTest]] = [], conditions: [IstioTest] = []) {
            self.sources = sources
            self.operations = operations
            self.conditions = conditions
        }
    }

    /// `namespace/name`.
    public var name: String
    public var action: Action
    /// Any of them; none: it applies to nothing.
    public var rules: [Rule]
    /// `istio.io/dry-run`: decides nothing.
    public var isDryRun: Bool
    /// Hosts for which the file is meant; empty: all.
    public var hosts: [HostPattern]

    public init(name: String, action: Action, rules: [Rule], isDryRun: Bool = false, hosts: [HostPattern] = []) {
        self.name = name
        self.action = action
        self.rules = rules
        self.isDryRun = isDryRun
        self.hosts = hosts
    }

    func title(_ rule: Int) -> String { "AuthorizationPolicy \(name) rule \(rule)" }
}

extension IstioPolicy.Rule {
    /// Whether it fits.
    /// - Parameters:
    ///   - includesUnknown: whether what is unknown counts as fitting.
    ///   - ignoresIdentity: whether conditions on who it is count as fitting.
    func fits(_ judged: IstioJudged, includesUnknown: Bool, ignoresIdentity: Bool = false) -> Bool {
        func holds(_ test: IstioTest) -> Bool {
            if ignoresIdentity, test.isAboutIdentity { return true }
            return switch test.fit(judged) {
            case .yes: true
            case .no: false
            case .unknown: includesUnknown
            }
        }
        return conditions.allSatisfy(holds) && (operations.isEmpty || operations.contains { $0.allSatisfy(holds) })
            && (sources.isEmpty || sources.contains { $0.allSatisfy(holds) })
    }

    /// Whether it fits whoever asks.
    func fitsEverybody(_ judged: IstioJudged) -> Bool {
        func holds(_ test: IstioTest) -> Bool { !test.isAboutIdentity && test.fit(judged) != .no }
        return conditions.allSatisfy(holds)
            && (operations.isEmpty || operations.contains { $0.allSatisfy { $0.fit(judged) != .no } })
            && (sources.isEmpty || sources.contains { $0.allSatisfy(holds) })
    }

    /// The first conditions that do not hold, one for each alternative.
    func explain(_ judged: IstioJudged, includesUnknown: Bool) -> String {
        func first(_ tests: [IstioTest]) -> String? {
            tests.first { test in
                let fit = test.fit(judged)
                return fit == .no || (fit == .unknown && !includesUnknown)
            }?.explain(judged)
        }
        if let reason = first(conditions) { return reason }
        for alternatives in [operations, sources] where !alternatives.isEmpty {
            let reasons = alternatives.map(first)
            if reasons.allSatisfy({ $0 != nil }) { return reasons.compactMap { $0 }.joined(separator: "; ") }
        }
        return "everything in it holds"
    }
}

extension IstioPolicy {
    /// As ``IstioTest/heeding(_:)``, in all its rules.
    func heeding(_ headers: IdentityHeaders) -> IstioPolicy {
        var policy = self
        for index in policy.rules.indices {
            policy.rules[index].sources = rules[index].sources.map { $0.map { $0.heeding(headers) } }
            policy.rules[index].operations = rules[index].operations.map { $0.map { $0.heeding(headers) } }
            policy.rules[index].conditions = rules[index].conditions.map { $0.heeding(headers) }
        }
        return policy
    }

    var looksAtPassedHeaders: Bool {
        rules.contains { rule in
            (rule.sources + rule.operations + [rule.conditions]).contains { tests in
                tests.contains { if case .passedHeader = $0.subject { true } else { false } }
            }
        }
    }
}
