import Bytes
import NIOHTTP1

/// Why a request that was allowed got no answer from its backend.
enum ProxyFailure: Error, Sendable {
    case noRoute
    case full
    case unreachable(String)
    case connectTimeout
    case responseTimeout
    case requestTooSlow
    case broken(String)
    case noWebSocket
    case foreignOrigin

    var status: HTTPResponseStatus {
        switch self {
        case .noRoute: .notFound
        case .full: .serviceUnavailable
        case .unreachable, .broken, .noWebSocket: .badGateway
        case .connectTimeout, .responseTimeout: .gatewayTimeout
        case .requestTooSlow: .requestTimeout
        case .foreignOrigin: .forbidden
        }
    }

    /// For the client; the backend's address is nobody's business.
    var text: String {
        switch self {
        case .noRoute: "no backend has this address\n"
        case .full: "the backend has too many requests under way; try again in a moment\n"
        case .unreachable: "the backend cannot be reached\n"
        case .broken: "the backend broke off before it answered\n"
        case .noWebSocket: "the backend speaks HTTP/2 only, which carries no WebSocket here\n"
        case .connectTimeout: "the backend cannot be reached in time\n"
        case .responseTimeout: "the backend did not answer in time\n"
        case .requestTooSlow: "the request did not arrive in time\n"
        case .foreignOrigin: "pages of that origin may not open WebSockets here\n"
        }
    }

    private var sentence: String { String(text.trimmedOfASCIIWhitespace) }

    /// For operators.
    var reason: String {
        switch self {
        case .unreachable(let reason), .broken(let reason): sentence + ": " + reason
        default: sentence
        }
    }
}
