/// What a policy says of a request.
public struct PolicyDecision: Sendable, Hashable {
    public enum Outcome: Sendable, Hashable {
        case allow
        /// No identity would help, or this one does not.
        case deny
        /// Nobody is known, and somebody might be allowed.
        case authenticate
    }

    public var outcome: Outcome
    /// Which rule decided, for operators: `edge.policies[3] "predictions"`, `AuthorizationPolicy kubeflow/allow-models rule 2`;
    /// for the log and `dextra policy explain`, never for clients.
    public var rule: String
    /// The audience of the signed assertion for the backend, where the policy names one.
    public var backendAudience: String?

    public init(_ outcome: Outcome, rule: String, backendAudience: String? = nil) {
        self.outcome = outcome
        self.rule = rule
        self.backendAudience = backendAudience
    }
}

/// May they? Called on event loops: it waits for nothing.
public protocol EdgePolicy: Sendable {
    /// Whether a wrong token is refused even where nobody needs one, as Istio does.
    var refusesInvalidCredentials: Bool { get }
    /// Whether any rule looks at the method, or at the path: a proxy that does not tell them cannot be answered then.
    var looksAtMethods: Bool { get }
    var looksAtPaths: Bool { get }
    /// Headers that any rule looks at, in lower case: answers may be remembered for requests that agree in these.
    var headersLookedAt: [String] { get }

    /// - Parameter identity: nil for somebody unknown.
    func decide(_ request: EdgeRequest, _ identity: EdgeIdentity?) -> PolicyDecision
}

extension EdgePolicy {
    public var looksAtMethods: Bool { true }
    public var looksAtPaths: Bool { true }
    public var headersLookedAt: [String] { [] }
}
