import Edge
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SwiftProtobuf
import Testing
import Web

@testable import EdgeServer

/// Allows those whose `authorization` is `yes`; about `later` it has to wait.
private struct Judge: EdgeAnswering {
    func answerNow(_ request: EdgeRequest) -> EdgeAnswer? {
        request.headers.contains("later") ? nil : judged(request)
    }

    func answer(_ request: EdgeRequest) async -> EdgeAnswer {
        await Task.yield()
        return judged(request)
    }

    private func judged(_ request: EdgeRequest) -> EdgeAnswer {
        var answer = EdgeAnswer(status: request.headers.only("authorization") == "yes" ? 200 : 401)
        answer.upstreamHeaders = [.init("x-client", request.clientAddress)]
        return answer
    }
}

struct EdgeGRPCServerTests {
    typealias Check = Envoy_Service_Auth_V3_CheckRequest

    /// Serves for as long as the block lasts, and stops as a service group does.
    private func serving(
        limits: EdgeGRPCLimits = EdgeGRPCLimits(), trusted: [String] = ["127.0.0.0/8"],
        _ block: @escaping @Sendable (GRPCClient<HTTP2ClientTransport.Posix>) async throws -> Void
    ) async throws {
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let server = EdgeGRPCServer(
            address: ListenAddress(host: "127.0.0.1", port: 0), answers: Judge(),
            trusted: try ClientAddressRule(header: "", trustedProxies: trusted), limits: limits, logger: Logger(label: "test")
        ) { bound.yield($0.port) }
        let group = ServiceGroup(services: [server], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            let transport = try HTTP2ClientTransport.Posix(
                target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
            try await withGRPCClient(transport: transport) { try await block($0) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func ask<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
        _ client: GRPCClient<HTTP2ClientTransport.Posix>, _ method: MethodDescriptor, _ request: Request, as: Response.Type
    ) async throws -> Response {
        try await client.unary(
            request: ClientRequest(message: request), descriptor: method, serializer: ProtobufSerializer<Request>(),
            deserializer: ProtobufDeserializer<Response>(), options: .defaults
        ) { try $0.message }
    }

    private static func check(
        _ client: GRPCClient<HTTP2ClientTransport.Posix>, _ headers: [String: String] = [:],
        _ change: (inout Check) -> Void = { _ in }
    ) async throws -> Envoy_Service_Auth_V3_CheckResponse {
        var check = CheckRequestTests.check
        check.attributes.request.http.headers = headers
        change(&check)
        return try await ask(
            client, Envoy_Service_Auth_V3_Authorization.Method.Check.descriptor, check,
            as: Envoy_Service_Auth_V3_CheckResponse.self)
    }

    @Test func `Questions are answered, at once or later`() async throws {
        try await serving { client in
            for headers in [[:], ["later": "1"]] as [[String: String]] {
                let yes = try await Self.check(client, headers.merging(["authorization": "yes"]) { $1 })
                #expect(yes.status.code == 0)
                #expect(yes.okResponse.headers.map(\.header.value) == ["192.0.2.7"])
                let no = try await Self.check(client, headers)
                #expect(no.status.code == 16)
                #expect(no.deniedResponse.status.code == 401)
            }
        }
    }

    @Test func `Only a trusted proxy is believed about its client`() async throws {
        try await serving(trusted: ["192.0.2.0/24"]) { client in
            let yes = try await Self.check(client, ["authorization": "yes"])
            #expect(yes.okResponse.headers.map(\.header.value) == ["127.0.0.1"])
        }
    }

    @Test func `What is no question is refused`() async throws {
        try await serving { client in
            let answer = try await Self.check(client, ["authorization": "yes"]) { $0.attributes.clearRequest() }
            #expect(answer.status.code == 7)
            #expect(answer.deniedResponse.status.code == 403)
        }
    }

    @Test func `A question that is too large fails, and the next is answered`() async throws {
        var limits = EdgeGRPCLimits()
        limits.questionBytes = 4096
        try await serving(limits: limits) { client in
            await #expect(throws: RPCError.self) {
                _ = try await Self.check(client, ["x": String(repeating: "x", count: 5000)])
            }
            let next = try await Self.check(client, ["authorization": "yes"])
            #expect(next.status.code == 0)
        }
    }

    @Test func `Many questions at once are answered`() async throws {
        var limits = EdgeGRPCLimits()
        limits.concurrentQuestions = 4
        try await serving(limits: limits) { client in
            try await withThrowingTaskGroup(of: Int32.self) { tasks in
                for _ in 0..<100 {
                    tasks.addTask { try await Self.check(client, ["authorization": "yes", "later": "1"]).status.code }
                }
                for try await code in tasks { #expect(code == 0) }
            }
        }
    }

    @Test(arguments: [("", true), ("envoy.service.auth.v3.Authorization", true), ("other", false)])
    func `Its health is told`(service: String, known: Bool) async throws {
        try await serving { client in
            var request = Grpc_Health_V1_HealthCheckRequest()
            request.service = service
            let method = Grpc_Health_V1_Health.Method.Check.descriptor
            guard known else {
                await #expect {
                    _ = try await Self.ask(client, method, request, as: Grpc_Health_V1_HealthCheckResponse.self)
                } throws: { ($0 as? RPCError)?.code == .notFound }
                return
            }
            let answer = try await Self.ask(client, method, request, as: Grpc_Health_V1_HealthCheckResponse.self)
            #expect(answer.status == .serving)
        }
    }

    @Test func `A port that is taken is named`() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let taken = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(taken.localAddress?.port)
        let server = EdgeGRPCServer(
            address: ListenAddress(host: "127.0.0.1", port: port), answers: Judge(), trusted: .peer, logger: Logger(label: "test")
        )
        await #expect {
            try await server.run()
        } throws: { "\($0)".contains("127.0.0.1:\(port)") }
        try await taken.close()
    }
}
