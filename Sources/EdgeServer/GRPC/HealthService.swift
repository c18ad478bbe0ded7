import GRPCCore

/// Says that the server lives (gRPC's health checking protocol).
struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol {
    func check(
        request: Grpc_Health_V1_HealthCheckRequest, context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        guard ["", Envoy_Service_Auth_V3_Authorization.descriptor.fullyQualifiedService].contains(request.service) else {
            throw RPCError(code: .notFound, message: "there is no service of that name here")
        }
        var response = Grpc_Health_V1_HealthCheckResponse()
        response.status = .serving
        return response
    }
}
