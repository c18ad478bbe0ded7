import Edge
import Testing

@testable import EdgeServer

struct CheckResponseTests {
    @Test func `A yes sets, removes and adds headers`() throws {
        var answer = EdgeAnswer(status: 200)
        answer.upstreamHeaders = [
            .init("kubeflow-userid", "jane"), .init("x-groups", "a"), .init("x-groups", "b"), .init("x-none", ""),
        ]
        answer.removedHeaders = ["x-goog-iap-jwt-assertion"]
        answer.clientHeaders = [.init("set-cookie", "a=1"), .init("set-cookie", "b=2")]
        let response = Envoy_Service_Auth_V3_CheckResponse(answer)
        #expect(response.status.code == 0)
        guard case .okResponse(let okay)? = response.httpResponse else {
            Issue.record("no yes")
            return
        }
        #expect(okay.headers.map(\.header.key) == ["kubeflow-userid", "x-groups", "x-groups"])
        #expect(okay.headers.map(\.header.value) == ["jane", "a", "b"])
        #expect(okay.headers.map(\.appendAction) == [.overwriteIfExistsOrAdd, .overwriteIfExistsOrAdd, .appendIfExistsOrAdd])
        #expect(okay.headersToRemove == ["x-goog-iap-jwt-assertion", "x-none"])
        #expect(okay.responseHeadersToAdd.map(\.header.value) == ["a=1", "b=2"])
        #expect(okay.responseHeadersToAdd.allSatisfy { $0.appendAction == .appendIfExistsOrAdd })
    }

    @Test(arguments: [(302, 16), (400, 7), (401, 16), (403, 7), (503, 14)] as [(Int, Int32)])
    func `Anything but 200 is a no with its own status`(status: Int, code: Int32) throws {
        var answer = EdgeAnswer(status: status)
        // Nothing of this goes on.
        answer.upstreamHeaders = [.init("kubeflow-userid", "jane")]
        answer.clientHeaders = [.init("www-authenticate", "Bearer"), .init("set-cookie", "a=1"), .init("set-cookie", "b=2")]
        answer.body = Array("no\n".utf8)
        let response = Envoy_Service_Auth_V3_CheckResponse(answer)
        #expect(response.status.code == code)
        guard case .deniedResponse(let denied)? = response.httpResponse else {
            Issue.record("no refusal")
            return
        }
        #expect(denied.status.code == Int32(status))
        #expect(denied.headers.map(\.header.key) == ["www-authenticate", "set-cookie", "set-cookie"])
        #expect(denied.headers.map(\.appendAction) == [.overwriteIfExistsOrAdd, .overwriteIfExistsOrAdd, .appendIfExistsOrAdd])
        #expect(denied.body == "no\n")
    }

    @Test(arguments: [0, 199, 201, 202, 204]) func `No other status lets a request go on`(status: Int) {
        #expect(Envoy_Service_Auth_V3_CheckResponse(EdgeAnswer(status: status)).status.code != 0)
    }
}
