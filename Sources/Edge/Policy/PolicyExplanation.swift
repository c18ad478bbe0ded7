/// Which rule decided, and why: every rule that was looked at.
public struct PolicyExplanation: Sendable, Hashable {
    public enum Result: String, Sendable, Hashable {
        /// It says nothing about this request.
        case skipped
        case allowed, denied
        /// The request cannot be judged.
        case refused
        /// It would have decided, but only watches (Istio's AUDIT, dry runs).
        case watched
        /// It hands the request on to `edge.policies` (Istio's CUSTOM).
        case asked
    }

    public struct Step: Sendable, Hashable {
        public var rule: String
        public var result: Result
        public var reason: String

        init(_ rule: String, _ result: Result, _ reason: String) {
            self.rule = rule
            self.result = result
            self.reason = reason
        }
    }

    public var decision: PolicyDecision
    /// Normalized, as policies see it; nil if it is refused.
    public var path: String?
    public var steps: [Step]

    init(_ decision: PolicyDecision, path: String?, steps: [Step]) {
        self.decision = decision
        self.path = path
        self.steps = steps
    }
}

/// A policy that can tell why it decides as it does. Explaining is slow.
public protocol ExplainablePolicy: EdgePolicy {
    /// The decision in it is that of ``EdgePolicy/decide(_:_:)``.
    func explain(_ request: EdgeRequest, _ identity: EdgeIdentity?) -> PolicyExplanation
}
