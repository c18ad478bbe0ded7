/// The rules of all policies with one action, found by the hosts and paths in them.
struct IstioRuleIndex: Sendable {
    let policies: [IstioPolicy]
    /// One for each rule, in order: they have numbers over all policies.
    let titles: [String]
    private let rules: [(policy: Int, rule: IstioPolicy.Rule)]
    private let index: PlaceIndex
    /// Nil: some apply to every host, or there are none.
    private let hosts: PlaceIndex?

    init(_ policies: [IstioPolicy]) {
        self.policies = policies
        rules = policies.enumerated().flatMap { number, policy in policy.rules.map { (number, $0) } }
        titles = policies.flatMap { policy in policy.rules.indices.map { policy.title($0) } }
        index = PlaceIndex(rules.map { PlaceIndex.Entry(hosts: $0.rule.indexedHosts, paths: $0.rule.indexedPaths) })
        hosts =
            policies.contains { $0.hosts.isEmpty }
            ? nil : PlaceIndex(policies.map { PlaceIndex.Entry(hosts: $0.hosts, paths: []) })
    }

    /// Whether any policy, with rules or without, applies to the place.
    func hasPolicy(for place: JudgedPlace) -> Bool {
        guard !policies.isEmpty else { return false }
        return hosts.map { $0.first(place) { _ in true } != nil } ?? true
    }

    /// The first rule that `fits` says does.
    func first(_ place: JudgedPlace, where fits: (IstioPolicy.Rule) -> Bool) -> Int? {
        index.first(place) { number in
            policies[rules[number].policy].applies(to: place) && fits(rules[number].rule)
        }
    }
}

extension IstioPolicy {
    func applies(to place: JudgedPlace) -> Bool { hosts.isEmpty || hosts.contains { $0.matches(place) } }
}

extension IstioPolicy.Rule {
    /// Hosts for which it can fit at all; empty: any.
    fileprivate var indexedHosts: [HostPattern] {
        alternatives { subject in
            guard case .hosts(let patterns) = subject else { return nil }
            let hosts = patterns.compactMap { pattern -> HostPattern? in
                if case .exact(let host) = pattern { .nameAndPort(host) } else { nil }
            }
            return hosts.count == patterns.count ? hosts : nil
        }
    }

    /// Paths for which it can fit at all; empty: any.
    fileprivate var indexedPaths: [PathPattern] {
        alternatives { subject in
            guard case .paths(let paths) = subject else { return nil }
            return paths.map(\.pattern)
        }
    }

    /// What one condition of each operation says; nothing if an operation has no such condition.
    private func alternatives<Pattern>(_ patterns: (IstioTest.Subject) -> [Pattern]?) -> [Pattern] {
        var all: [Pattern] = []
        for operation in operations {
            guard let found = operation.firstIndex(where: { !$0.isNegated && patterns($0.subject) != nil }) else { return [] }
            all += patterns(operation[found].subject) ?? []
        }
        return all
    }
}

extension IstioPath {
    /// Fits all that this fits, and perhaps more.
    fileprivate var pattern: PathPattern {
        switch self {
        case .text(.exact(let text)): PathPattern([.text(Array(text.utf8))])
        case .text(.prefix(let text)): PathPattern([.text(Array(text.utf8)), .anything])
        case .text(.suffix(let text)): PathPattern([.anything, .text(Array(text.utf8))])
        case .text(.present): PathPattern([.anything])
        case .template(let pattern, _): pattern
        }
    }
}
