import Edge
import SwiftProtobuf
import Testing
import Web

@testable import EdgeServer
@testable import GRPC

/// Allows those whose `authorization` is `yes`; about `later` it has to wait.
private struct Judge: EdgeAnswering {
    func answerNow(_ request: EdgeRequest) -> EdgeAnswer? {
        request.headers.contains("later") ? nil : judged(request)
    }

    func answer(_ request: EdgeRequest) async -> EdgeAnswer { judged(request) }

    private func judged(_ request: EdgeRequest) -> EdgeAnswer {
        var answer = EdgeAnswer(status: request.headers.only("authorization") == "yes" ? 200 : 401)
        answer.upstreamHeaders = [.init("x-client", request.clientAddress)]
        return answer
    }
}

struct EdgeGRPCTests {
    typealias Response = Envoy_Service_Auth_V3_CheckResponse

    private static func ask(
        trusted: [String] = ["127.0.0.0/8"], _ headers: [String: String] = [:],
        _ change: (inout Envoy_Service_Auth_V3_CheckRequest) -> Void = { _ in }
    ) throws -> UnaryAnswer<[UInt8]> {
        var check = CheckRequestTests.check
        check.attributes.request.http.headers = headers
        change(&check)
        let service = AuthorizationService(answers: Judge(), trusted: try ClientAddressRule(header: "", trustedProxies: trusted))
        let method = try #require(service.methods.first { $0.path == "/envoy.service.auth.v3.Authorization/Check" })
        return try method.answer(UnaryCall(message: try check.serializedBytes(), peer: "127.0.0.1"))
    }

    private static func now(_ answer: UnaryAnswer<[UInt8]>) throws -> Response? {
        guard case .now(let bytes) = answer else { return nil }
        return try Response(serializedBytes: bytes)
    }

    @Test func `What is known is answered at once`() throws {
        let yes = try #require(try Self.now(try Self.ask(["authorization": "yes"])))
        #expect(yes.status.code == 0)
        #expect(yes.okResponse.headers.map(\.header.value) == ["192.0.2.7"])
        let no = try #require(try Self.now(try Self.ask()))
        #expect(no.status.code == 16)
        #expect(no.deniedResponse.status.code == 401)
    }

    @Test func `What has to be waited for is answered later`() async throws {
        guard case .later(let work) = try Self.ask(["authorization": "yes", "later": "1"]) else {
            Issue.record("answered at once")
            return
        }
        #expect(try Response(serializedBytes: try await work()).status.code == 0)
    }

    @Test func `Only a trusted proxy is believed about its client`() throws {
        let yes = try #require(try Self.now(try Self.ask(trusted: ["192.0.2.0/24"], ["authorization": "yes"])))
        #expect(yes.okResponse.headers.map(\.header.value) == ["127.0.0.1"])
    }

    @Test func `What is no question is refused`() throws {
        let answer = try #require(
            try Self.now(try Self.ask(["authorization": "yes"]) { $0.attributes.clearRequest() }))
        #expect(answer.status.code == 7)
        #expect(answer.deniedResponse.status.code == 403)
    }

    @Test(arguments: [("", true), ("envoy.service.auth.v3.Authorization", true), ("other", false)])
    func `Its health is told`(service: String, known: Bool) throws {
        var request = Grpc_Health_V1_HealthCheckRequest()
        request.service = service
        let method = try #require(HealthService().methods.first { $0.path == "/grpc.health.v1.Health/Check" })
        let call = UnaryCall(message: try request.serializedBytes(), peer: "")
        guard known else {
            #expect { try method.answer(call) } throws: { ($0 as? GRPCStatus)?.code == .notFound }
            return
        }
        guard case .now(let bytes) = try method.answer(call) else {
            Issue.record("answered later")
            return
        }
        #expect(try Grpc_Health_V1_HealthCheckResponse(serializedBytes: bytes).status == .serving)
    }

    @Test func `What is no message of Protocol Buffers is refused`() throws {
        let method = try #require(HealthService().methods.first)
        #expect {
            try method.answer(UnaryCall(message: [0xFF], peer: ""))
        } throws: { ($0 as? GRPCStatus)?.code == .internalError }
    }
}
