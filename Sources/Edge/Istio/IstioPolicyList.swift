import Bytes

/// Istio's AuthorizationPolicies, decided as Istio does it: CUSTOM, then DENY, then ALLOW. Without an ALLOW policy everything
/// is allowed that is not denied; with some, one of them must fit.
///
/// CUSTOM is the edge itself: requests that it names are handed on to `edge.policies`, or, if there are none, must be by
/// somebody who is known.
public struct IstioPolicyList: EdgePolicy {
    private let policies: [IstioPolicy]
    /// Those that decide.
    private let custom: IstioRuleIndex
    private let deny: IstioRuleIndex
    private let allow: IstioRuleIndex
    private let native: PolicyList?
    private let normalization: EdgePath.Normalization
    private let spaceDelimited: SpaceDelimitedClaims
    private let authenticates: Bool
    /// Nil: no rule looks at a header about which the edge has the last word.
    private let passing: IdentityHeaders?

    /// - Parameters:
    ///   - native: `edge.policies`. If there are CUSTOM policies it decides about what they name; else it must allow, too.
    ///   - authenticates: whether there is a RequestAuthentication.
    ///   - headers: what backends are told. Rules about headers that the edge sets or removes are judged by what it passes on,
    ///     never by what the client sent.
    public init(
        _ policies: [IstioPolicy], native: PolicyList? = nil, authenticates: Bool = false,
        normalization: EdgePath.Normalization = .mergeSlashes, spaceDelimited: SpaceDelimitedClaims = SpaceDelimitedClaims(),
        headers: IdentityHeaders = IdentityHeaders(families: [])
    ) {
        let policies = policies.map { $0.heeding(headers) }
        self.policies = policies
        passing = policies.contains(where: \.looksAtPassedHeaders) ? headers : nil
        let deciding = policies.filter { !$0.isDryRun }
        custom = IstioRuleIndex(deciding.filter { $0.action == .custom })
        deny = IstioRuleIndex(deciding.filter { $0.action == .deny })
        allow = IstioRuleIndex(deciding.filter { $0.action == .allow })
        self.native = native
        self.normalization = normalization
        self.spaceDelimited = spaceDelimited
        self.authenticates = authenticates
    }

    public var refusesInvalidCredentials: Bool { authenticates }
    public var looksAtMethods: Bool { true }
    public var looksAtPaths: Bool { true }
    public var headersLookedAt: [String] {
        var names: Set<ExactText> = []
        for test in policies.flatMap(\.rules).flatMap(\.conditions) {
            if case .header(let name, _) = test.subject, !name.startsWithByte(":") { names.insert(name.exact) }
        }
        return names.sorted().map(\.text)
    }

    public func decide(_ request: EdgeRequest, _ identity: EdgeIdentity?) -> PolicyDecision {
        var trace: [PolicyExplanation.Step]?
        return decide(request, identity, &trace).decision
    }

    private func judged(_ request: EdgeRequest, _ identity: EdgeIdentity?, _ place: JudgedPlace) -> IstioJudged {
        IstioJudged(
            request: request, identity: identity, host: place.hostText, path: place.pathText, spaceDelimited: spaceDelimited,
            passedHeaders: passing?.passed(request.headers, identity) ?? EdgeHeaders(),
            assertionHeader: passing.map { FoldedName($0.assertionHeader) })
    }

    /// - Parameter trace: nil: nobody wants to know why, and no text is made.
    private func decide(
        _ request: EdgeRequest, _ identity: EdgeIdentity?, _ trace: inout [PolicyExplanation.Step]?
    ) -> (decision: PolicyDecision, path: String?) {
        let place: JudgedPlace
        do throws(JudgedPlace.Refusal) { place = try JudgedPlace(request, normalization) } catch {
            trace?.append(error.step)
            return (error.decision, nil)
        }
        let judged = judged(request, identity, place)
        if trace != nil {
            for policy in policies where policy.isDryRun || policy.action == .audit { watch(policy, judged, place, &trace) }
        }

        var audience: String?
        var opener: String?
        if custom.policies.isEmpty, let native {
            let decision = decide(native, request, identity, &trace)
            guard decision.outcome == .allow else { return (decision, place.pathText) }
            (audience, opener) = (decision.backendAudience, decision.rule)
        } else if let rule = first(custom, judged, place, includesUnknown: true, .asked, &trace) {
            let decision =
                native.map { decide($0, request, identity, &trace) }
                ?? PolicyDecision(identity == nil ? .authenticate : .allow, rule: custom.titles[rule])
            guard decision.outcome == .allow else { return (decision, place.pathText) }
            (audience, opener) = (decision.backendAudience, decision.rule)
        }

        if let rule = first(deny, judged, place, includesUnknown: true, .denied, &trace) {
            let outcome: PolicyDecision.Outcome = mightBeAllowed(judged, place) ? .authenticate : .deny
            return (PolicyDecision(outcome, rule: deny.titles[rule]), place.pathText)
        }
        guard allow.hasPolicy(for: place) else {
            return (PolicyDecision(.allow, rule: opener ?? "no ALLOW policy", backendAudience: audience), place.pathText)
        }
        if let rule = first(allow, judged, place, includesUnknown: false, .allowed, &trace) {
            return (PolicyDecision(.allow, rule: allow.titles[rule], backendAudience: audience), place.pathText)
        }
        let outcome: PolicyDecision.Outcome = mightBeAllowed(judged, place) ? .authenticate : .deny
        return (PolicyDecision(outcome, rule: "no rule of an ALLOW policy fits"), place.pathText)
    }

    private func decide(
        _ native: PolicyList, _ request: EdgeRequest, _ identity: EdgeIdentity?, _ trace: inout [PolicyExplanation.Step]?
    ) -> PolicyDecision {
        guard trace != nil else { return native.decide(request, identity) }
        let explanation = native.explain(request, identity)
        trace?.append(contentsOf: explanation.steps)
        return explanation.decision
    }

    /// The first rule that fits.
    private func first(
        _ index: IstioRuleIndex, _ judged: IstioJudged, _ place: JudgedPlace, includesUnknown: Bool,
        _ result: PolicyExplanation.Result, _ trace: inout [PolicyExplanation.Step]?
    ) -> Int? {
        guard trace != nil else { return index.first(place) { $0.fits(judged, includesUnknown: includesUnknown) } }
        // Who wants to know why wants to see them all. This must come to the same as the index.
        var number = 0
        for policy in index.policies {
            guard policy.applies(to: place) else {
                let title = "AuthorizationPolicy \(policy.name)"
                trace?.append(PolicyExplanation.Step(title, .skipped, "its file is not for this host"))
                number += policy.rules.count
                continue
            }
            if policy.rules.isEmpty {
                trace?.append(PolicyExplanation.Step("AuthorizationPolicy \(policy.name)", .skipped, "it has no rules"))
            }
            for rule in policy.rules {
                let fits = rule.fits(judged, includesUnknown: includesUnknown)
                let reason = "\(policy.action.rawValue): \(rule.explain(judged, includesUnknown: includesUnknown))"
                trace?.append(PolicyExplanation.Step(index.titles[number], fits ? result : .skipped, reason))
                if fits { return number }
                number += 1
            }
        }
        return nil
    }

    private func watch(
        _ policy: IstioPolicy, _ judged: IstioJudged, _ place: JudgedPlace, _ trace: inout [PolicyExplanation.Step]?
    ) {
        guard policy.applies(to: place) else { return }
        for (number, rule) in policy.rules.enumerated() {
            let fits = rule.fits(judged, includesUnknown: policy.action != .allow)
            let kind = policy.isDryRun ? "dry run of \(policy.action.rawValue)" : policy.action.rawValue
            let reason = rule.explain(judged, includesUnknown: policy.action != .allow)
            trace?.append(PolicyExplanation.Step(policy.title(number), fits ? .watched : .skipped, "\(kind): \(reason)"))
        }
    }

    /// Whether somebody might be allowed what somebody unknown is not.
    private func mightBeAllowed(_ judged: IstioJudged, _ place: JudgedPlace) -> Bool {
        guard judged.identity == nil else { return false }
        guard deny.first(place, where: { $0.fitsEverybody(judged) }) == nil else { return false }
        return !allow.hasPolicy(for: place)
            || allow.first(place, where: { $0.fits(judged, includesUnknown: false, ignoresIdentity: true) }) != nil
    }
}

extension IstioPolicyList: ExplainablePolicy {
    public func explain(_ request: EdgeRequest, _ identity: EdgeIdentity?) -> PolicyExplanation {
        var trace: [PolicyExplanation.Step]? = []
        let (decision, path) = decide(request, identity, &trace)
        return PolicyExplanation(decision, path: path, steps: trace ?? [])
    }
}
