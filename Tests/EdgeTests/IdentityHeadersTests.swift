import Synchronization
import Testing

@testable import Edge

@Suite struct IdentityHeadersTests {
    private func written(
        _ headers: IdentityHeaders, _ identity: EdgeIdentity?, _ sent: EdgeHeaders = [:], assertion: String? = nil
    ) -> EdgeAnswer {
        var answer = EdgeAnswer(status: 200)
        headers.write(identity, assertion: assertion, request: EdgeRequest(host: "a", headers: sent), to: &answer)
        return answer
    }

    private func value(_ name: String, _ answer: EdgeAnswer) -> String? {
        answer.upstreamHeaders.first { $0.name == name }?.value
    }

    @Test(arguments: [
        (IdentityHeaders.Family.xAuthRequest, "x-auth-request-user", "u1"),
        (.xAuthRequest, "x-auth-request-groups", "a,b"), (.xAuthRequest, "x-auth-request-preferred-username", "jane"),
        (.xForwarded, "x-forwarded-email", "jane@example.com"), (.xForwarded, "x-forwarded-user", "u1"),
        (.kubeflow, "kubeflow-userid", "jane@example.com"), (.kubeflow, "kubeflow-groups", "a,b"),
        (.google, "x-goog-authenticated-user-email", "accounts.google.com:jane@example.com"),
        (.google, "x-goog-authenticated-user-id", "accounts.google.com:u1"),
    ])
    func `Each family has its names`(family: IdentityHeaders.Family, name: String, expected: String) {
        let answer = written(IdentityHeaders(families: [family]), .person())
        #expect(value(name, answer) == expected)
        #expect(!answer.removedHeaders.contains(name))
    }

    @Test func `What is not set is removed, of all families, for strangers too`() {
        for identity in [EdgeIdentity.person(), nil] {
            let answer = written(IdentityHeaders(families: []), identity)
            #expect(answer.upstreamHeaders.isEmpty)
            for name in ["kubeflow-userid", "x-auth-request-email", "x-forwarded-groups", "x-goog-iap-jwt-assertion", "gap-auth"]
            {
                #expect(answer.removedHeaders.contains(name))
            }
        }
    }

    @Test func `Names in disguise are removed`() {
        let answer = written(
            IdentityHeaders(), .person(), ["kubeflow_userid": "root", "X_Auth-Request_User": "root", "a_b": "c"])
        #expect(answer.removedHeaders.contains("kubeflow_userid"))
        #expect(answer.removedHeaders.contains("x_auth-request_user"))
        #expect(!answer.removedHeaders.contains("a_b"))
    }

    /// Every spelling that some backend reads as a name of the edge's.
    @Test(arguments: [
        "x.auth-request-email", "x.auth.request.email", "X_Auth_Request_Email", "x-auth_request.email", "X-AUTH.REQUEST-EMAIL",
        "x~auth!request|email", "kubeflow.userid", "KUBEFLOW_USERID", "kubeflow_groups", "x.goog.authenticated.user.email",
        "x_goog_iap_jwt_assertion", "x.forwarded_access-token", "gap.auth", "x.team", "x_team", "a.claim", "x.signed-by_edge",
    ]) func `The answer lists every spelling that the client sent`(name: String) {
        let headers = IdentityHeaders(
            families: Set(IdentityHeaders.Family.allCases), passesAccessToken: true, claims: [("X-Team", "team")],
            assertionHeader: "X-Signed-By-Edge",
            outputs: [
                IstioTokenOutput(issuer: "i", payloadHeader: "x-payload", claimHeaders: [.init(header: "a-claim", claim: ["a"])])
            ])
        for identity in [EdgeIdentity.person(), nil] {
            let answer = written(headers, identity, [name: "root", "x-other": "1", "x-auth-request": "2", "other_name": "3"])
            #expect(answer.removedHeaders.filter { FoldedName($0) == FoldedName(name) }.contains(name.lowercased()))
            #expect(Set(answer.removedHeaders).isDisjoint(with: answer.upstreamHeaders.map(\.name)))
            #expect(Set(answer.removedHeaders).count == answer.removedHeaders.count)
            #expect(Set(answer.removedHeaders).isDisjoint(with: ["x-other", "x-auth-request", "other_name"]))
        }
    }

    @Test func `A name that is configured with other marks than hyphens is the edge's in every spelling`() {
        let headers = IdentityHeaders(claims: [("X_Team", "team")])
        for name in ["x-team", "X.Team", "x_team"] {
            let answer = written(headers, nil, [name: "red"])
            #expect(answer.removedHeaders.contains(name.lowercased()))
        }
        let answer = written(headers, .person(), ["x-team": "red"])
        #expect(value("x_team", answer) == "blue" && answer.removedHeaders.contains("x-team"))
        #expect(headers.plainDisguises == ["x-team"] && IdentityHeaders().plainDisguises.isEmpty)
    }

    @Test func `Where a token stood is no header for backends in any spelling`() {
        let output = IstioTokenOutput(issuer: "https://issuer.example", tokenHeaders: ["x-token"])
        let headers = IdentityHeaders(outputs: [output])
        let removed = written(headers, .person(), ["x-token": "t", "x_token": "t", "x.token": "t"]).removedHeaders
        #expect(Set(removed).isSuperset(of: ["x-token", "x_token", "x.token"]))
        #expect(
            Set(written(headers, nil, ["x-token": "t", "x_token": "t"]).removedHeaders).isDisjoint(with: ["x-token", "x_token"]))
    }

    @Test func `What is passed on is what the answer says`() {
        var random = SeededRandom(20263)
        let names = [
            "kubeflow-userid", "kubeflow_userid", "x.auth-request-user", "x-auth-request-user", "authorization", "x-team",
            "x_team",
            "cookie", "x-token", "x-other", "x-goog-iap-jwt-assertion",
        ]
        for _ in 0..<2000 {
            let headers = IdentityHeaders(
                families: random.chance(50) ? [.kubeflow] : [.xAuthRequest],
                authorization: random.pick([.keep, .token, .remove]),
                claims: [("x-team", "team")],
                outputs: [IstioTokenOutput(issuer: "https://issuer.example", tokenHeaders: ["x-token"])])
            let sent = EdgeHeaders(random.some(6, of: names).map { (name: $0, value: "sent") })
            let identity = random.chance(50) ? EdgeIdentity.person() : nil
            let answer = written(headers, identity, sent)
            var expected = sent
            for name in answer.removedHeaders { expected.remove(name) }
            for name in Set(answer.upstreamHeaders.map(\.name)) { expected.remove(name) }
            for field in answer.upstreamHeaders { expected.append(field.name, field.value) }
            #expect(headers.passed(sent, identity) == expected)
            for field in sent.fields where !headers.decides(name: field.name) {
                #expect(expected.all(field.name) == sent.all(field.name))
            }
        }
    }

    @Test func `A group with a comma is left out and told`() {
        let observer = CountingObserver()
        let headers = IdentityHeaders(observer: observer)
        let answer = written(headers, .person(groups: ["a", "x,admins", "b\nc", "", "d"]))
        #expect(value("x-auth-request-groups", answer) == "a,d")
        #expect(observer.leftOut.load(ordering: .relaxed) == 3)
    }

    @Test func `Groups fit into their bytes`() {
        let headers = IdentityHeaders(groupBytes: 10)
        #expect(value("x-auth-request-groups", written(headers, .person(groups: ["aaaa", "bbbb", "cccc"]))) == "aaaa,bbbb")
    }

    @Test func `Claims go where the configuration says, but no objects`() {
        let headers = IdentityHeaders(claims: [("X-Team", "team"), ("X-Levels", "levels"), ("X-Deep", "deep"), ("X-No", "none")])
        let answer = written(headers, .person())
        #expect(value("x-team", answer) == "blue")
        #expect(value("x-levels", answer) == "x,y")
        #expect(value("x-deep", answer) == nil)
        #expect(Set(answer.removedHeaders).isSuperset(of: ["x-deep", "x-no"]))
    }

    @Test(
        arguments: [
            (IdentityHeaders.Authorization.keep, nil, false), (.token, "Bearer t", false), (.remove, nil, true),
        ] as [(IdentityHeaders.Authorization, String?, Bool)])
    func `Authorization is kept, replaced or removed`(
        treatment: IdentityHeaders.Authorization, expected: String?, isRemoved: Bool
    ) {
        let answer = written(IdentityHeaders(authorization: treatment), .person())
        #expect(value("authorization", answer) == expected)
        #expect(answer.removedHeaders.contains("authorization") == isRemoved)
    }

    @Test func `Without a token to pass on a client's own Authorization does not pass as one`() {
        #expect(written(IdentityHeaders(authorization: .token), .person(token: nil)).removedHeaders.contains("authorization"))
        #expect(written(IdentityHeaders(authorization: .token), nil).removedHeaders.contains("authorization"))
    }

    @Test func `A value that could end a header is not set`() {
        let answer = written(IdentityHeaders(), .person("u\r\nx-admin: 1", email: " a@b"))
        #expect(value("x-auth-request-user", answer) == nil)
        #expect(answer.removedHeaders.contains("x-auth-request-user"))
        #expect(value("x-auth-request-email", answer) == nil)
    }
}

private final class CountingObserver: EdgeObserver {
    let leftOut = Atomic<Int>(0)

    func decided(_ decision: EdgeDecision, _ request: EdgeRequest) {}
    func refusedSmuggling(_ request: EdgeRequest) {}
    func leftOutGroups(_ count: Int, of identity: EdgeIdentity) { leftOut.add(count, ordering: .relaxed) }
}
