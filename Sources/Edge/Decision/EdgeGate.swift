/// Decides about requests: who, then may they.
public struct EdgeGate: Sendable {
    let finder: CredentialFinder
    let authenticator: any EdgeAuthenticator
    let policy: any EdgePolicy

    public init(finder: CredentialFinder, authenticator: any EdgeAuthenticator, policy: any EdgePolicy) {
        self.finder = finder
        self.authenticator = authenticator
        self.policy = policy
    }

    public var looksAtMethods: Bool { policy.looksAtMethods }
    public var looksAtPaths: Bool { policy.looksAtPaths }

    /// Who it is, whatever they may.
    /// - Returns: nil when nothing came along.
    public func identify(_ request: EdgeRequest) async -> EdgeAuthentication? {
        guard let credential = finder.credential(in: request) else { return nil }
        if let identity = authenticator.known(credential, for: request) { return .identity(identity) }
        return await authenticator.authenticate(credential, for: request)
    }

    /// Envoy looks at no token of a preflight, and so do we: with a wrong one it is the same as without.
    private func credential(in request: EdgeRequest) -> EdgeCredential? {
        request.isPreflight ? nil : finder.credential(in: request)
    }

    /// What can be decided without waiting; nil: ask ``decide(_:)``. For event loops.
    public func decideNow(_ request: EdgeRequest) -> EdgeDecision? {
        guard let credential = credential(in: request) else { return judge(request, nil) }
        return authenticator.authenticateNow(credential, for: request).map { decision(request, $0) }
    }

    public func decide(_ request: EdgeRequest) async -> EdgeDecision {
        guard let credential = credential(in: request) else { return judge(request, nil) }
        if let identity = authenticator.known(credential, for: request) { return judge(request, identity) }
        return decision(request, await authenticator.authenticate(credential, for: request))
    }

    private func decision(_ request: EdgeRequest, _ authentication: EdgeAuthentication) -> EdgeDecision {
        switch authentication {
        case .identity(let identity): return judge(request, identity)
        case .renewed(let identity, let setCookies): return judge(request, identity, setCookies: setCookies)
        case .invalid(let reason): return openToAll(request) ?? .authenticate(reason: reason)
        case .unavailable(let reason): return openToAll(request) ?? .unavailable(reason: reason)
        }
    }

    /// A path open to all stays open to those who bring something useless along, unless the policy is Istio's,
    /// which refuses what is wrong even there.
    private func openToAll(_ request: EdgeRequest) -> EdgeDecision? {
        guard !policy.refusesInvalidCredentials else { return nil }
        let decision = policy.decide(request, nil)
        return decision.outcome == .allow ? .allow(nil, decision, setCookies: []) : nil
    }

    private func judge(_ request: EdgeRequest, _ identity: EdgeIdentity?, setCookies: [String] = []) -> EdgeDecision {
        let decision = policy.decide(request, identity)
        switch decision.outcome {
        case .allow: return .allow(identity, decision, setCookies: setCookies)
        case .deny: return .forbid(identity, decision)
        case .authenticate: return identity == nil ? .authenticate(reason: nil) : .forbid(identity, decision)
        }
    }
}
