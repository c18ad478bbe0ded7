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
