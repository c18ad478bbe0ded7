import Bytes
import Edge
import JOSE

/// What would become of a request, and why.
struct PolicyReport {
    private let asked: AskedRequest
    private let identity: AskedIdentity
    private let explanation: PolicyExplanation?
    /// `allow`, `deny`, `authenticate`, or `invalid` for a token that is refused.
    private let outcome: String
    private let rule: String

    var isAllowed: Bool { outcome == "allow" }

    init(_ asked: AskedRequest, _ policies: LoadedPolicies) async throws(Failure) {
        self.asked = asked
        identity = try await AskedIdentity(asked, policies)
        switch identity {
        case .nobody: explanation = policies.policy.explain(asked.request, nil)
        case .somebody(let identity, _): explanation = policies.policy.explain(asked.request, identity)
        case .refused:
            // As the edge itself: what is open to all stays so, unless the policies are Istio's.
            let open = policies.policy.refusesInvalidCredentials ? nil : policies.policy.explain(asked.request, nil)
            explanation = open?.decision.outcome == .allow ? open : nil
        }
        switch (explanation?.decision.outcome, identity) {
        case (.allow, _): outcome = "allow"
        case (.authenticate, .nobody): outcome = "authenticate"
        case (nil, _): outcome = "invalid"
        case (.authenticate, _), (.deny, _): outcome = "deny"
        }
        if let explanation {
            rule = explanation.decision.rule
        } else if case .refused(let reason) = identity {
            rule = "the token is refused: \(reason)"
        } else {
            rule = ""
        }
    }

    private var who: String {
        switch identity {
        case .nobody: "nobody is known"
        case .somebody(let identity, .none): "\(identity.principal) (believed without proof)"
        case .somebody(let identity, .signature): "\(identity.principal) (signature checked)"
        case .somebody(let identity, .unchecked(let reason)):
            "\(identity.principal) (believed without proof; signature not checked: \(reason))"
        case .refused(let reason): "a token that is refused: \(reason)"
        }
    }

    private var words: String {
        switch outcome {
        case "allow": "ALLOWED by \(rule)"
        case "authenticate": "NOT ALLOWED: who asks must be known first, says \(rule)"
        default: "NOT ALLOWED: \(rule)"
        }
    }

    var text: String {
        var details = [
            ("Request", "\(asked.request.method) \(asked.request.scheme)://\(asked.request.host)\(asked.request.target)")
        ]
        if let path = explanation?.path, !path.hasSameBytes(as: asked.request.path) {
            details.append(("Path", "\(path), normalized"))
        }
        details.append(("Who", who))
        if let audience = explanation?.decision.backendAudience { details.append(("Backend audience", audience)) }
        var parts = [Table(details: details.map { (name: $0.0, value: $0.1) }).text]
        if let steps = explanation?.steps, !steps.isEmpty {
            parts.append(Table([], rows: steps.map { [$0.result.rawValue, $0.rule, $0.reason] }).text)
        }
        parts.append(Printable.line(words))
        return parts.joined(separator: "\n\n")
    }

    var json: JSON {
        let steps = (explanation?.steps ?? []).map { step -> JSON in
            ["rule": .string(step.rule), "result": .string(step.result.rawValue), "reason": .string(step.reason)]
        }
        var object: JSONObject = [
            "allowed": .bool(isAllowed), "outcome": .string(outcome), "rule": .string(rule),
            "path": explanation?.path.map { .string($0) } ?? .null,
            "backendAudience": explanation?.decision.backendAudience.map { .string($0) } ?? .null, "steps": .array(steps),
        ]
        switch identity {
        case .somebody(_, .signature): object["signature"] = "checked"
        case .somebody(_, .unchecked(let reason)): object["signature"] = .string("not checked: \(reason)")
        case .somebody(_, .none), .nobody, .refused: break
        }
        return .object(object)
    }
}
