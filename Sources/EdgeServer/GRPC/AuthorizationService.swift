import Edge
import GRPCCore
import Web

/// Envoy's question about a request (`envoy.service.auth.v3.Authorization/Check`), and the answer.
struct AuthorizationService: Envoy_Service_Auth_V3_Authorization.SimpleServiceProtocol {
    let answers: any EdgeAnswering
    let trusted: ClientAddressRule

    func check(
        request: Envoy_Service_Auth_V3_CheckRequest, context: ServerContext
    ) async throws -> Envoy_Service_Auth_V3_CheckResponse {
        let caller = Self.address(context.remotePeer)
        let isTrusted = trusted.isTrusted(peer: caller)
        guard let asked = EdgeRequest(request, caller: caller, isTrusted: isTrusted) else {
            return .refusal("only requests by HTTP with a path can be allowed")
        }
        return .init(await answers.answer(asked))
    }

    /// The address in what gRPC calls a peer: `ipv4:192.0.2.1:5678`, `ipv6:[2001:db8::1]:5678`.
    static func address(_ peer: String) -> String {
        guard let family = peer.firstIndex(of: ":"), let port = peer.lastIndex(of: ":"), family < port else { return "" }
        let address = peer[peer.index(after: family)..<port]
        return address.hasPrefix("[") && address.hasSuffix("]") ? String(address.dropFirst().dropLast()) : String(address)
    }
}
