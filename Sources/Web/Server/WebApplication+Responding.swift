import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import Workers

/// From a complete request to its answer.
extension WebApplication {
    /// An answer, and what the log and the metrics call the route that gave it.
    private struct Outcome {
        var response: WebResponse
        let name: String
        var cors = false
        var isBare = false
    }

    func respond(to pending: PendingRequest) async -> WebResponse {
        await respond(to: pending.head, body: pending.body, peer: pending.peer, arrived: pending.arrived)
    }

    /// Answers a request that came in over somebody else's pipeline.
    /// - Parameter peer: the address at the other end of the connection.
    package func respond(to head: RequestHead, body: [UInt8], peer: String, arrived: NIODeadline) async -> WebResponse {
        let request = makeRequest(head, body, peer)
        var outcome = await outcome(of: request)
        if outcome.cors { crossOrigin.apply(to: &outcome.response, origin: request.headers[.origin]) }
        if !outcome.isBare { security.apply(to: &outcome.response) }
        record(request, outcome, since: arrived)
        return outcome.response
    }

    /// The answer, if a route has one that takes no waiting. For event loops.
    func respondNow(to head: RequestHead, body: [UInt8], peer: String, arrived: NIODeadline) -> WebResponse? {
        guard answersNow, head.path != "*", ready.snapshot.find(head.path) == nil else { return nil }
        let route: Route
        switch routes.match(head.method, head.path) {
        case .route(let found, let parameters) where parameters.isEmpty: route = found
        case .notFound:
            guard let fallback else { return nil }
            route = fallback
        case .route, .methodNotAllowed: return nil
        }
        guard let now = route.now, !route.cors else { return nil }
        let request = makeRequest(head, body, peer)
        guard let answer = now(request) else { return nil }
        var outcome = Outcome(response: answer, name: route.name)
        if !route.isBare { security.apply(to: &outcome.response) }
        record(request, outcome, since: arrived)
        return outcome.response
    }

    /// Whether a route or a ready answer has that path, whatever the method.
    package func serves(path: String) -> Bool {
        if ready.snapshot.find(path) != nil { return true }
        if case .notFound = routes.match(.get, path) { return false }
        return true
    }

    private func makeRequest(_ head: RequestHead, _ body: [UInt8], _ peer: String) -> WebRequest {
        WebRequest(
            id: requestID(head.headers, peer: peer), method: head.method, path: head.path, rawQuery: head.query,
            headers: head.headers, body: body, clientAddress: clientAddress.clientAddress(peer: peer, headers: head.headers),
            peerAddress: peer)
    }

    /// A trusted proxy's name for the request is kept, so that its log and ours can be read together.
    private func requestID(_ headers: HTTPFields, peer: String) -> String {
        if let given = headers[.requestID], (8...64).contains(given.utf8.count),
            given.utf8.allSatisfy(Self.isPlain), clientAddress.isTrusted(peer: peer)
        {
            return given
        }
        return makeRequestID()
    }

    private func makeRequestID() -> String {
        let digits = String(makeID(), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    private func outcome(of request: WebRequest) async -> Outcome {
        if request.path == "*" {
            // OPTIONS * asks about the server as a whole (RFC 9110 §9.3.7).
            return Outcome(response: .empty(.noContent), name: "*")
        }
        if let outcome = readyOutcome(of: request) { return outcome }
        switch routes.match(request.method, request.path) {
        case .route(let route, let parameters):
            if route.cors, let preflight = crossOrigin.preflight(request, methods: route.methods ?? [.get, .post]) {
                return Outcome(response: preflight, name: route.name)
            }
            return Outcome(
                response: await run(route, request.with(parameters: parameters)), name: route.name, cors: route.cors,
                isBare: route.isBare)
        case .methodNotAllowed(let allowed, let name, let cors, let audience):
            if cors, let preflight = crossOrigin.preflight(request, methods: allowed) {
                return Outcome(response: preflight, name: name)
            }
            return Outcome(response: Self.methodNotAllowed(allowed, audience), name: name, cors: cors)
        case .notFound:
            if let fallback {
                return Outcome(response: await run(fallback, request), name: fallback.name, isBare: fallback.isBare)
            }
            return Outcome(response: .text("404 page not found\n", status: .notFound), name: "")
        }
    }

    /// Ready answers for those that the event loop passed on: HTTP/2, HTTP/1.0, another origin, a query.
    /// A route of the same path has the last word on all other methods.
    private func readyOutcome(of request: WebRequest) -> Outcome? {
        guard let answer = ready.snapshot.find(request.path) else { return nil }
        switch request.method {
        case .get, .head:
            var response = answer.response
            if let tag = request.headers[.ifNoneMatch], answer.matches(ifNoneMatch: tag) {
                response.status = .notModified
                response.body = []
            }
            return Outcome(response: response, name: answer.name, cors: answer.cors)
        default:
            guard case .notFound = routes.match(request.method, request.path) else { return nil }
            if answer.cors, let preflight = crossOrigin.preflight(request, methods: [.get, .head]) {
                return Outcome(response: preflight, name: answer.name)
            }
            return Outcome(response: Self.methodNotAllowed([.get, .head], .people), name: answer.name, cors: answer.cors)
        }
    }

    /// Programs read an OAuth error, as for any other malformed request (RFC 6749 §5.2).
    private static func methodNotAllowed(_ allowed: [HTTPRequest.Method], _ audience: Route.Audience) -> WebResponse {
        var response =
            switch audience {
            case .people: WebResponse.text("405 method not allowed\n", status: .methodNotAllowed)
            case .programs:
                WebResponse.json(
                    serialized: Array(
                        #"{"error":"invalid_request","error_description":"This address does not take that method."}"#.utf8),
                    status: .methodNotAllowed)
            }
        response.headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
        return response
    }

    private func run(_ route: Route, _ request: WebRequest) async -> WebResponse {
        do {
            return try await route.handle(request)
        } catch is WorkerPoolFull {
            return unavailable(route, request)
        } catch is CancellationError {
            return unavailable(route, request)
        } catch {
            logger.error(
                "request failed",
                metadata: ["request_id": "\(request.id)", "handler": "\(route.name)", "error": "\(error)"])
            return failure(
                route, request, .internalServerError, code: "server_error",
                message: "Something went wrong here. The operator finds the reason in the log under request \(request.id).")
        }
    }

    private func unavailable(_ route: Route, _ request: WebRequest) -> WebResponse {
        var response = failure(
            route, request, .serviceUnavailable, code: "temporarily_unavailable",
            message: "Too many requests are waiting. Try again in a moment.")
        response.headers[.retryAfter] = "1"
        return response
    }

    /// - Parameters:
    ///   - code: RFC 6749 §5.2; of letters and `_` only.
    ///   - message: without characters that JSON escapes.
    private func failure(
        _ route: Route, _ request: WebRequest, _ status: HTTPResponse.Status, code: String, message: String
    ) -> WebResponse {
        switch route.audience {
        case .people: errorPage(request, status, message)
        case .programs:
            .json(serialized: Array(#"{"error":"\#(code)","error_description":"\#(message)"}"#.utf8), status: status)
        }
    }

    private func record(_ request: WebRequest, _ outcome: Outcome, since arrived: NIODeadline) {
        let elapsed = NIODeadline.now() - arrived
        let status = outcome.response.status.code
        let bytes = request.method == .head ? 0 : outcome.response.body.count
        metrics.series(code: status, method: request.method, handler: outcome.name)
            .record(seconds: Double(elapsed.nanoseconds) / 1e9, bytes: bytes)
        // The query stays out: it holds codes and states.
        logger.debug(
            "request",
            metadata: [
                "request_id": "\(request.id)", "method": "\(request.method.rawValue)", "path": "\(request.path)",
                "status": "\(status)", "bytes": "\(bytes)", "client_remote_addr": "\(request.clientAddress)",
                "duration_ms": "\(elapsed.nanoseconds / 1_000_000)",
            ])
    }

    /// What the event loop tells: refusals, which are counted here, and ready answers, which it has counted itself.
    var observer: RequestObserver {
        let log: @Sendable (String, Int, String) -> Void = { [self] name, status, peer in
            logger.debug(
                "request",
                metadata: [
                    "request_id": "\(makeRequestID())", "handler": "\(name)", "status": "\(status)",
                    "client_remote_addr": "\(peer)",
                ])
        }
        return RequestObserver(
            rejected: { [self] in recordRejection($0) },
            answeredReady: logger.logLevel <= .debug ? log : nil)
    }

    /// Counts what was refused before a route could be found.
    private func recordRejection(_ rejection: RequestRejection) {
        metrics.unread(code: Int(rejection.status.code))
            .record(seconds: 0, bytes: rejection.text.utf8.count)
        logger.debug("request refused", metadata: ["status": "\(rejection.status.code)", "reason": "\(rejection)"])
    }
}
