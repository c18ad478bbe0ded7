import FoundationEssentials

/// Where a browser that nobody knows is sent.
public protocol LoginGuide: Sendable {
    /// - Returns: nil when the client is no browser, or cannot come back to where it is: it gets 401.
    func loginURL(for request: EdgeRequest) -> String?
}

/// From a request to its answer: decides, then says it.
public struct EdgeAnswers: Sendable {
    let rules: CurrentRules
    let assertions: AssertionSource?
    let login: (any LoginGuide)?
    let observer: any EdgeObserver

    public init(
        rules: CurrentRules, assertions: AssertionSource? = nil, login: (any LoginGuide)? = nil,
        observer: any EdgeObserver = SilentObserver()
    ) {
        self.rules = rules
        self.assertions = assertions
        self.login = login
        self.observer = observer
    }

    /// What needs no waiting; nil: ask ``answer(_:allowing:)``. For event loops.
    public func answerNow(_ request: EdgeRequest, allowing: (EdgeIdentity?) -> Bool = { _ in true }) -> EdgeAnswer? {
        let rules = rules.current
        guard rules.headers.accepts(request) else { return refuseSmuggling(request) }
        guard var decision = rules.gate.decideNow(request) else { return nil }
        if case .allow(let identity, let policy, _) = decision, !allowing(identity) { decision = .forbid(identity, policy) }
        guard case .allow(let identity?, let policy, _) = decision, let assertions else {
            return render(decision, request, nil, rules.headers)
        }
        let audience = assertions.audience(for: request, policy)
        guard let assertion = assertions.known(identity, audience: audience) else { return nil }
        return render(decision, request, assertion, rules.headers)
    }

    /// - Parameter allowing: a last word on somebody who is allowed, such as a query of `/oauth2/auth`.
    public func answer(
        _ request: EdgeRequest, allowing: @Sendable (EdgeIdentity?) -> Bool = { _ in true }
    ) async -> EdgeAnswer {
        let rules = rules.current
        guard rules.headers.accepts(request) else { return refuseSmuggling(request) }
        var decision = await rules.gate.decide(request)
        if case .allow(let identity, let policy, _) = decision, !allowing(identity) { decision = .forbid(identity, policy) }
        guard case .allow(let identity?, let policy, _) = decision, let assertions else {
            return render(decision, request, nil, rules.headers)
        }
        do {
            let assertion = try await assertions.assertion(for: identity, audience: assertions.audience(for: request, policy))
            return render(decision, request, assertion, rules.headers)
        } catch {
            return render(.unavailable(reason: "the assertion could not be signed: \(error)"), request, nil, rules.headers)
        }
    }

    /// Who decides at this moment.
    public var gate: EdgeGate { rules.current.gate }

    // MARK: Saying it

    private func render(
        _ decision: EdgeDecision, _ request: EdgeRequest, _ assertion: String?, _ headers: IdentityHeaders
    ) -> EdgeAnswer {
        observer.decided(decision, request)
        switch decision {
        case .allow(let identity, _, let setCookies):
            var answer = EdgeAnswer(status: 200)
            headers.write(identity, assertion: assertion, request: request, to: &answer)
            // Whether OPTIONS is a preflight depends on headers that matter nowhere else.
            if setCookies.isEmpty, request.method != "OPTIONS" { answer.validUntil = identity?.expiresAt ?? .distantFuture }
            for cookie in setCookies { answer.clientHeaders.append(.init("set-cookie", cookie)) }
            return answer
        case .authenticate(let reason):
            // A token that is wrong is a program's: a login page would hide that from it.
            if let url = login?.loginURL(for: request) { return redirect(to: url) }
            return unauthorized(reason)
        case .forbid: return forbidden()
        case .unavailable: return unavailable()
        }
    }

    private func redirect(to url: String) -> EdgeAnswer {
        var answer = refusal(302, "")
        answer.clientHeaders.append(.init("location", url))
        return answer
    }

    /// RFC 6750 §3: without credentials no error code.
    private func unauthorized(_ reason: String?) -> EdgeAnswer {
        var answer = refusal(401, reason ?? "authentication is needed")
        var challenge = #"Bearer realm="dextra""#
        if let reason { challenge += #", error="invalid_token", error_description="\#(Self.quotable(reason))""# }
        answer.clientHeaders.append(.init("www-authenticate", challenge))
        return answer
    }

    private func forbidden() -> EdgeAnswer { refusal(403, "access is denied") }

    private func unavailable() -> EdgeAnswer {
        var answer = refusal(503, "the identity cannot be checked now; try again")
        answer.clientHeaders.append(.init("retry-after", "1"))
        return answer
    }

    private func refuseSmuggling(_ request: EdgeRequest) -> EdgeAnswer {
        observer.refusedSmuggling(request)
        return refusal(400, "the Connection field names a field that is not the client's to remove")
    }

    /// Nobody may keep an answer that depends on who asks (RFC 9111 §5.2.2.5).
    private func refusal(_ status: Int, _ text: String) -> EdgeAnswer {
        var answer = EdgeAnswer(status: status)
        answer.clientHeaders = [
            .init("cache-control", "no-store"), .init("vary", "Authorization, Cookie, Accept, Sec-Fetch-Mode"),
            .init("content-type", "text/plain; charset=utf-8"), .init("x-content-type-options", "nosniff"),
        ]
        answer.body = text.isEmpty ? [] : Array((text + "\n").utf8)
        return answer
    }

    /// RFC 6750 §3: no quotation mark and no backslash in a description.
    private static func quotable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\" ? $0 : "?" }))
    }
}

/// Who hears of decisions: logs, metrics.
public protocol EdgeObserver: Sendable {
    func decided(_ decision: EdgeDecision, _ request: EdgeRequest)
    /// `Connection` named a header of ours.
    func refusedSmuggling(_ request: EdgeRequest)
    /// A group that cannot stand in a list with commas, or more groups than fit.
    func leftOutGroups(_ count: Int, of identity: EdgeIdentity)
}

public struct SilentObserver: EdgeObserver {
    public init() {}
    public func decided(_ decision: EdgeDecision, _ request: EdgeRequest) {}
    public func refusedSmuggling(_ request: EdgeRequest) {}
    public func leftOutGroups(_ count: Int, of identity: EdgeIdentity) {}
}
