import Bytes

/// `edge.policies`: the first that fits host, path and method decides; when none does, nobody may.
///
/// Some backends take `/admin;x=1` for `/admin`. So what has parameters must be allowed with them and without.
public struct PolicyList: EdgePolicy {
    private let policies: [NativePolicy]
    private let index: PlaceIndex
    private let normalization: EdgePath.Normalization
    private let spaceDelimited: SpaceDelimitedClaims
    private let titles: [String]
    /// Methods and selector of each: looked at often, the rest of a policy once.
    private let narrowings: [Narrowing]

    private struct Narrowing: Sendable {
        let methods: [String]
        let selector: String?

        func fits(_ request: EdgeRequest) -> Bool {
            (methods.isEmpty || methods.containsExactly(request.method))
                && (selector.map { request.policySelector?.hasSameBytes(as: $0) == true } ?? true)
        }
    }

    /// - Parameter source: what the list is called in explanations.
    public init(
        _ policies: [NativePolicy], normalization: EdgePath.Normalization = .mergeSlashes,
        spaceDelimited: SpaceDelimitedClaims = SpaceDelimitedClaims(), source: String = "edge.policies"
    ) {
        self.policies = policies
        self.normalization = normalization
        self.spaceDelimited = spaceDelimited
        index = PlaceIndex(policies.map { PlaceIndex.Entry(hosts: $0.hosts, paths: $0.paths) })
        narrowings = policies.map { Narrowing(methods: $0.methods, selector: $0.selector) }
        titles = policies.enumerated().map { number, policy in
            "\(source)[\(number)]" + (policy.name.map { " \"\($0)\"" } ?? "")
        }
    }

    public var refusesInvalidCredentials: Bool { false }
    public var looksAtMethods: Bool { policies.contains { !$0.methods.isEmpty } }
    public var looksAtPaths: Bool { policies.contains { !$0.paths.isEmpty } }
    public var headersLookedAt: [String] { [] }

    public func decide(_ request: EdgeRequest, _ identity: EdgeIdentity?) -> PolicyDecision {
        let place: JudgedPlace
        do throws(JudgedPlace.Refusal) { place = try JudgedPlace(request, normalization) } catch { return error.decision }
        let decision = decide(request, identity, place)
        guard decision.outcome == .allow, let plain = place.withoutParameters else { return decision }
        do throws(JudgedPlace.Refusal) {
            let second = decide(request, identity, try JudgedPlace(plain, normalization))
            return second.outcome == .allow ? decision : second
        } catch {
            return error.decision
        }
    }

    private func decide(_ request: EdgeRequest, _ identity: EdgeIdentity?, _ place: JudgedPlace) -> PolicyDecision {
        let found = index.first(place) { narrowings[$0].fits(request) }
        guard let found else { return PolicyDecision(.deny, rule: Self.nothing) }
        return decision(found, policies[found].verdict(request, identity, spaceDelimited: spaceDelimited))
    }

    private static let nothing = "no policy is for this host, path and method"

    private func decision(_ number: Int, _ verdict: NativePolicy.Verdict) -> PolicyDecision {
        let outcome: PolicyDecision.Outcome =
            switch verdict {
            case .anonymous, .allowedToKnown, .allowed: .allow
            case .unknown: .authenticate
            case .deniedToAll, .denied, .notAllowed: .deny
            }
        let title = titles[number]
        let rule =
            switch verdict {
            case .denied(let rule): "\(title) deny[\(rule)]"
            case .allowed(let rule): "\(title) allow[\(rule)]"
            case .anonymous: title + " anonymous"
            case .deniedToAll, .allowedToKnown, .unknown, .notAllowed: title
            }
        return PolicyDecision(outcome, rule: rule, backendAudience: policies[number].backendAudience)
    }
}

extension PolicyList: ExplainablePolicy {
    /// Looks at one policy after the other, without the index: what ``decide(_:_:)`` must agree with.
    public func explain(_ request: EdgeRequest, _ identity: EdgeIdentity?) -> PolicyExplanation {
        let place: JudgedPlace
        do throws(JudgedPlace.Refusal) { place = try JudgedPlace(request, normalization) } catch {
            return PolicyExplanation(error.decision, path: nil, steps: [error.step])
        }
        let explanation = explain(request, identity, place)
        guard explanation.decision.outcome == .allow, let plain = place.withoutParameters else { return explanation }
        do throws(JudgedPlace.Refusal) {
            var second = explain(request, identity, try JudgedPlace(plain, normalization))
            second.steps = explanation.steps + second.steps
            second.path = explanation.path
            if second.decision.outcome == .allow { second.decision = explanation.decision }
            return second
        } catch {
            return PolicyExplanation(error.decision, path: nil, steps: explanation.steps + [error.step])
        }
    }

    private func explain(_ request: EdgeRequest, _ identity: EdgeIdentity?, _ place: JudgedPlace) -> PolicyExplanation {
        var steps: [PolicyExplanation.Step] = []
        for (number, policy) in policies.enumerated() {
            if let mismatch = policy.placeMismatch(request, place) {
                steps.append(PolicyExplanation.Step(titles[number], .skipped, policy.explain(mismatch, request, place)))
                continue
            }
            let verdict = policy.verdict(request, identity, spaceDelimited: spaceDelimited)
            steps += policy.steps(titles[number], verdict, request, identity, spaceDelimited)
            return PolicyExplanation(decision(number, verdict), path: place.pathText, steps: steps)
        }
        return PolicyExplanation(PolicyDecision(.deny, rule: Self.nothing), path: place.pathText, steps: steps)
    }
}

extension NativePolicy {
    fileprivate func explain(_ mismatch: PlaceMismatch, _ request: EdgeRequest, _ place: JudgedPlace) -> String {
        switch mismatch {
        case .host: "it is not for the host \(place.hostText)"
        case .path: "it is not for the path \(place.pathText)"
        case .method: "it is for \(methods.joined(separator: ", ")), not for \(request.method)"
        case .selector: "it is for the selector \(selector ?? ""), not for \(request.policySelector ?? "none")"
        }
    }

    /// Every rule that ``verdict(_:_:spaceDelimited:)`` looks at.
    fileprivate func steps(
        _ title: String, _ verdict: Verdict, _ request: EdgeRequest, _ identity: EdgeIdentity?,
        _ spaceDelimited: SpaceDelimitedClaims
    ) -> [PolicyExplanation.Step] {
        var steps: [PolicyExplanation.Step] = []
        func look(_ key: String, _ rules: Rules, upTo matched: Int?, _ result: PolicyExplanation.Result) {
            guard case .any(let rules) = rules else { return }
            for (number, rule) in rules.enumerated() where number <= matched ?? .max {
                let mismatch = rule.mismatch(request, identity, spaceDelimited: spaceDelimited)
                steps.append(
                    PolicyExplanation.Step(
                        "\(title) \(key)[\(number)]", number == matched ? result : .skipped,
                        mismatch.map { rule.explain($0, request) } ?? "everything in it holds"))
            }
        }
        switch verdict {
        case .deniedToAll: steps.append(PolicyExplanation.Step(title, .denied, "deny: everybody"))
        case .denied(let rule): look("deny", deny, upTo: rule, .denied)
        case .anonymous:
            look("deny", deny, upTo: nil, .denied)
            steps.append(PolicyExplanation.Step(title, .allowed, "anonymous: nobody need be known"))
        case .allowedToKnown:
            look("deny", deny, upTo: nil, .denied)
            steps.append(PolicyExplanation.Step(title, .allowed, "allow: authenticated, and somebody is known"))
        case .allowed(let rule):
            look("deny", deny, upTo: nil, .denied)
            look("allow", allow, upTo: rule, .allowed)
        case .unknown:
            look("deny", deny, upTo: nil, .denied)
            steps.append(PolicyExplanation.Step(title, .denied, "nobody is known, and somebody might be allowed"))
        case .notAllowed:
            look("deny", deny, upTo: nil, .denied)
            look("allow", allow, upTo: nil, .allowed)
            steps.append(PolicyExplanation.Step(title, .denied, "no rule in allow fits"))
        }
        return steps
    }
}
