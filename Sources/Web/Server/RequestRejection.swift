import NIOHTTP1

/// Why a request is refused before any route sees it. The connection is closed behind the answer, because what follows
/// on it cannot be told from the rest of the refused request.
package enum RequestRejection: Error, Hashable, Sendable {
    case malformed(String)
    case headerTooLarge
    case bodyTooLarge(limit: Int)
    case bodyTooSlow
    /// Too many bodies are held already, on this connection or on all together.
    case tooManyBodies
    case unknownExpectation
    case unsupportedVersion

    package var status: HTTPResponseStatus {
        switch self {
        case .malformed: .badRequest
        case .headerTooLarge: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .payloadTooLarge
        case .bodyTooSlow: .requestTimeout
        case .tooManyBodies: .serviceUnavailable
        case .unknownExpectation: .expectationFailed
        case .unsupportedVersion: .httpVersionNotSupported
        }
    }

    /// For the client: what was wrong, and never a part of what it sent.
    package var text: String {
        switch self {
        case .malformed(let reason): "bad request: \(reason)\n"
        case .headerTooLarge: "the request's head is too large\n"
        case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes\n"
        case .bodyTooSlow: "the body did not arrive in time\n"
        case .tooManyBodies: "too many bodies are under way; try again in a moment\n"
        case .unknownExpectation: "the only expectation that is met here is 100-continue\n"
        case .unsupportedVersion: "this server speaks HTTP/1.0, HTTP/1.1 and HTTP/2\n"
        }
    }

    /// Seconds after which to try again (RFC 9110 §10.2.3); nil: trying again changes nothing.
    package var retryAfter: Int? {
        if case .tooManyBodies = self { 1 } else { nil }
    }
}
