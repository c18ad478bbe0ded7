import Bytes
import GRPC

/// Says that the server lives (gRPC's health checking protocol).
struct HealthService: Sendable {
    var methods: [UnaryMethod] { [UnaryMethod("/grpc.health.v1.Health/Check", protobuf: check)] }

    @Sendable private func check(
        _ request: Grpc_Health_V1_HealthCheckRequest, peer: String
    ) throws(GRPCStatus) -> UnaryAnswer<Grpc_Health_V1_HealthCheckResponse> {
        guard ["", AuthorizationService.name].containsExactly(request.service) else {
            throw GRPCStatus(.notFound, "there is no service of that name here")
        }
        var response = Grpc_Health_V1_HealthCheckResponse()
        response.status = .serving
        return .now(response)
    }
}
