import FoundationEssentials
import JOSE
import Testing

@testable import Edge

/// Rules about headers that the edge sets or removes look at what it passes on.
@Suite struct IstioPassedHeaderTests {
    private static let issuer = "https://issuer.example"
    private static let headers = IdentityHeaders(
        families: Set(IdentityHeaders.Family.allCases), claims: [("x-team", "team")],
        outputs: [
            IstioTokenOutput(
                issuer: issuer, payloadHeader: "x-payload", claimHeaders: [.init(header: "x-level", claim: ["level"])])
        ])
    private static let ann = EdgeIdentity(
        evidence: .bearer, issuer: issuer, subject: "ann", email: "ann@example.com", groups: ["red", "blue"],
        preferredUsername: "annie",
        claims: ["team": "green", "level": 3], expiresAt: .distantFuture, token: "t")

    private func list(
        _ name: String, _ values: [TextPattern], _ action: IstioPolicy.Action = .allow, not isNegated: Bool = false,
        _ headers: IdentityHeaders = headers
    ) -> IstioPolicyList {
        let test = IstioTest("when[0]", .header(name, values), isNegated: isNegated)
        return IstioPolicyList([IstioPolicy(name: "p", action: action, rules: [.init(conditions: [test])])], headers: headers)
    }

    private func decide(_ list: IstioPolicyList, _ sent: EdgeHeaders, _ identity: EdgeIdentity?) -> PolicyDecision.Outcome {
        let request = EdgeRequest(host: "a.example", headers: sent)
        let decision = list.decide(request, identity)
        #expect(list.explain(request, identity).decision == decision)
        return decision.outcome
    }

    /// What the edge says of Ann under each name.
    private static let told = [
        ("kubeflow-userid", "ann@example.com"), ("kubeflow-groups", "red,blue"), ("x-auth-request-user", "ann"),
        ("x-auth-request-email", "ann@example.com"), ("x-auth-request-groups", "red,blue"),
        ("x-auth-request-preferred-username", "annie"), ("x-forwarded-user", "ann"), ("x-forwarded-email", "ann@example.com"),
        ("x-forwarded-groups", "red,blue"), ("x-forwarded-preferred-username", "annie"),
        ("x-goog-authenticated-user-email", "accounts.google.com:ann@example.com"),
        ("x-goog-authenticated-user-id", "accounts.google.com:ann"), ("x-team", "green"), ("x-level", "3"),
    ]

    @Test(arguments: told) func `It is Ann who the edge says it is, whatever anybody sends`(name: String, value: String) {
        let rule = list(name, [.exact(value)])
        for spelling in [name, name.uppercased(), name.split(separator: "-").joined(separator: "_")] {
            // Nobody is nobody, and might be Ann after a login.
            #expect(decide(rule, [spelling: value], nil) == .authenticate)
            #expect(decide(rule, [spelling: "somebody else"], Self.ann) == .allow)
        }
        #expect(decide(rule, [:], nil) == .authenticate)
        #expect(decide(rule, [:], Self.ann) == .allow)
        #expect(decide(list(name, [.exact("root")]), [name: "root"], Self.ann) == .deny)
    }

    @Test(arguments: told) func `A rule that denies is not got around`(name: String, value: String) {
        #expect(decide(list(name, [.exact(value)], .deny), [name: "x"], Self.ann) == .deny)
        #expect(decide(list(name, [.exact(value)], .deny, not: true), [name: value], nil) != .allow)
        #expect(decide(list(name, [.present], .deny, not: true), [name: value], nil) != .allow)
        #expect(decide(list(name, [.present], .deny, not: true), [:], Self.ann) == .allow)
        #expect(decide(list(name, [.present], .deny), [name: value], nil) == .allow, "to nobody the header is not sent")
    }

    @Test func `The payload is that of the token, and a session has none`() {
        let rule = list("x-payload", [.present])
        #expect(decide(rule, ["x-payload": "forged"], nil) == .authenticate)
        #expect(decide(rule, [:], Self.ann) == .allow)
        var session = Self.ann
        session.evidence = .session("s")
        #expect(decide(rule, ["x-payload": "forged"], session) == .deny)
    }

    @Test func `A header of a family that is not in use is there for nobody`() {
        let rule = list("kubeflow-userid", [.present], .allow, IdentityHeaders(families: [.xAuthRequest]))
        #expect(decide(rule, ["kubeflow-userid": "ann@example.com"], Self.ann) == .deny)
        #expect(decide(rule, ["kubeflow-userid": "ann@example.com"], nil) == .authenticate)
    }

    @Test func `A name that only folds to one of the edge's is not sent on, so that nothing has it`() {
        for name in ["kubeflow_userid", "kubeflow.userid", "x_auth_request_user"] {
            #expect(decide(list(name, [.present]), [name: "root"], Self.ann) == .deny)
            #expect(decide(list(name, [.present], .deny, not: true), [name: "root"], Self.ann) == .deny)
        }
    }

    @Test func `The value of the signed statement is unknown: it allows nobody and denies everybody`() {
        let name = "x-goog-iap-jwt-assertion"
        for isNegated in [true, false] {
            #expect(decide(list(name, [.present], .allow, not: isNegated), [name: "forged"], Self.ann) == .deny)
            #expect(decide(list(name, [.present], .deny, not: isNegated), [name: "forged"], Self.ann) == .deny)
        }
        #expect(decide(list(name, [.present], .deny), [name: "forged"], nil) == .allow)
    }

    @Test(
        arguments: [
            (.keep, "Basic x", false), (.token, "Bearer t", true), (.remove, nil, true),
        ] as [(IdentityHeaders.Authorization, String?, Bool)])
    func `Authorization is what becomes of it`(treatment: IdentityHeaders.Authorization, expected: String?, isDecided: Bool) {
        let headers = IdentityHeaders(authorization: treatment)
        #expect(headers.decides(name: "Authorization") == isDecided)
        let present = decide(list("authorization", [.present], .allow, headers), ["authorization": "Basic x"], Self.ann)
        #expect((present == .allow) == (expected != nil))
        if let expected {
            #expect(
                decide(list("authorization", [.exact(expected)], .allow, headers), ["authorization": "Basic x"], Self.ann)
                    == .allow)
        }
    }

    @Test func `Istio takes a token away that is not forwarded`() {
        for keeps in [true, false] {
            let headers = IdentityHeaders(outputs: [IstioTokenOutput(issuer: Self.issuer, keepsToken: keeps)])
            let rule = list("authorization", [.prefix("Bearer ")], .allow, headers)
            #expect((decide(rule, ["authorization": "Bearer t"], Self.ann) == .allow) == keeps)
        }
    }

    @Test func `Other headers are the client's own words, as in Envoy`() {
        let rule = list("x-other", [.exact("1")])
        #expect(decide(rule, ["x-other": "1"], nil) == .allow && decide(rule, [:], Self.ann) == .deny)
        #expect(rule.headersLookedAt == ["x-other"])
    }

    @Test func `The explanation names what is passed on`() {
        let list = list("kubeflow-userid", [.exact("bob@example.com")])
        let request = EdgeRequest(host: "a.example", headers: ["kubeflow-userid": "bob@example.com"])
        let reasons = list.explain(request, Self.ann).steps.map(\.reason).joined()
        #expect(reasons.contains("ann@example.com"))
        #expect(list.explain(request, nil).steps.map(\.reason).joined().contains("no such header is passed on"))
    }
}
