import Edge
import GRPC
import Web

/// Envoy's question about a request (`envoy.service.auth.v3.Authorization/Check`), and the answer.
struct AuthorizationService: Sendable {
    static let name = "envoy.service.auth.v3.Authorization"

    let answers: any EdgeAnswering
    let trusted: ClientAddressRule
    var webSockets = WebSocketOrigins()

    var methods: [UnaryMethod] { [UnaryMethod("/\(Self.name)/Check", protobuf: check)] }

    /// What is known is answered on the event loop.
    @Sendable private func check(
        _ request: Envoy_Service_Auth_V3_CheckRequest, peer: String
    ) -> UnaryAnswer<Envoy_Service_Auth_V3_CheckResponse> {
        guard let asked = EdgeRequest(request, caller: peer, isTrusted: trusted.isTrusted(peer: peer)) else {
            return .now(.refusal("only requests by HTTP with a path and a host can be allowed"))
        }
        guard webSockets.allowAsked(asked) else { return .now(.refusal(ProxyFailure.foreignOrigin.text)) }
        if let answer = answers.answerNow(asked) { return .now(.init(answer)) }
        return .later { [answers] in .init(await answers.answer(asked)) }
    }
}
