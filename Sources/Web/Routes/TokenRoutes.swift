import FoundationEssentials
import HTTPTypes
import JOSE
public import OpenIDConnect

/// The addresses that applications call: tokens, who a token is about, whether it is good, and its end.
public struct TokenRoutes: Sendable {
    private let endpoint: TokenEndpoint
    private let userInfo: UserInfo
    private let introspection: Introspection
    private let revocation: TokenRevocation
    private let path: String
    /// UserInfo answers of tokens that were verified before, so that the next request needs no verification.
    private let answers: BearerAnswers

    public init(_ parts: ProviderParts, path: String, answers: BearerAnswers) {
        endpoint = TokenEndpoint(parts)
        userInfo = UserInfo(parts)
        introspection = Introspection(parts)
        revocation = TokenRevocation(parts)
        self.path = path
        self.answers = answers
    }

    public var routes: [Route] {
        [
            form("/token") { request throws(OAuthError) in .json(try await endpoint.answer(request).json) },
            form("/token/introspect") { request throws(OAuthError) in .json(try await introspection.answer(request)) },
            form("/token/revoke") { request throws(OAuthError) in
                try await revocation.revoke(request)
                return .empty(.ok)
            },
            Route([.get, .post], path + "/userinfo", name: "/userinfo", audience: .programs, cors: true, handle: answerUserInfo),
        ]
    }

    /// A route that takes a form and speaks OAuth's errors (RFC 6749 §5.2).
    private func form(
        _ pattern: String, _ handle: @escaping @Sendable (TokenRequest) async throws(OAuthError) -> WebResponse
    ) -> Route {
        Route([.post], path + pattern, name: pattern, audience: .programs, cors: true) { request in
            var response: WebResponse
            do throws(OAuthError) {
                response = try await handle(try Self.tokenRequest(request))
            } catch {
                response = Self.response(error, usedAuthorization: request.headers[.authorization] != nil)
            }
            // RFC 6749 §5.1; `Pragma` is HTTP/1.0's word for it.
            response.headers[.cacheControl] = "no-store"
            response.headers[.pragma] = "no-cache"
            return response
        }
    }

    private static func tokenRequest(_ request: WebRequest) throws(OAuthError) -> TokenRequest {
        guard request.isForm else {
            throw OAuthError(.invalidRequest, "The content type must be application/x-www-form-urlencoded.")
        }
        do {
            return TokenRequest(
                parameters: RequestParameters(try FormFields(parsing: request.body)),
                authorization: request.headers[.authorization])
        } catch {
            throw OAuthError(.invalidRequest, "The request cannot be read: \(error).")
        }
    }

    private static func response(_ error: OAuthError, usedAuthorization: Bool) -> WebResponse {
        let status: HTTPResponse.Status =
            switch error.code {
            case .invalidClient: .unauthorized
            case .serverError: .internalServerError
            case .temporarilyUnavailable: .serviceUnavailable
            default: .badRequest
            }
        var response = WebResponse.json(
            ["error": .string(error.code.rawValue), "error_description": .string(error.description)], status: status)
        if status == .unauthorized, usedAuthorization { response.headers[.wwwAuthenticate] = "Basic realm=\"dextra\"" }
        if status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
        return response
    }

    // MARK: UserInfo

    private func answerUserInfo(_ request: WebRequest) async throws -> WebResponse {
        let authorization = request.headers[.authorization]
        do throws(BearerError) {
            // Before the token is verified, so that a revocation in between is not outlived by the answer.
            let epoch = answers.epoch
            let answer = try await userInfo.answer(authorization: authorization, form: try Self.formToken(request))
            switch answer.body {
            case .json(let bytes):
                if let token = authorization.flatMap(UserInfo.bearer) {
                    answers.insert(token, body: bytes, expires: Int64(answer.expiresAt.timeIntervalSince1970), since: epoch)
                }
                return .json(serialized: bytes)
            case .jwt(let jwt):
                return WebResponse(status: .ok, headers: [.contentType: "application/jwt"], body: Array(jwt.utf8))
            }
        } catch {
            return Self.response(error)
        }
    }

    /// RFC 6750 §2.2: the token in a form body, and only there; never in a query.
    private static func formToken(_ request: WebRequest) throws(BearerError) -> String? {
        guard request.method == .post, request.isForm else { return nil }
        do {
            let form = try FormFields(parsing: request.body)
            guard form.repeated.isEmpty else { throw BearerError.invalidRequest("A parameter is there twice.") }
            return form["access_token"]
        } catch let error as BearerError {
            throw error
        } catch {
            throw .invalidRequest("The request cannot be read.")
        }
    }

    private static func response(_ error: BearerError) -> WebResponse {
        switch error {
        case .missing:
            // RFC 6750 §3.1: who sent no token is told no error code.
            return WebResponse(status: .unauthorized, headers: [.wwwAuthenticate: "Bearer realm=\"dextra\""])
        case .invalidRequest(let description): return refusal(.badRequest, "invalid_request", description)
        case .invalidToken:
            return refusal(.unauthorized, "invalid_token", "The access token is expired, revoked or not one of ours.")
        case .unavailable:
            return WebResponse(
                status: .serviceUnavailable, headers: [.retryAfter: "1", .contentType: "application/json"],
                body: JSON.object(["error": "temporarily_unavailable"]).serialized())
        }
    }

    private static func refusal(_ status: HTTPResponse.Status, _ code: String, _ description: String) -> WebResponse {
        var response = WebResponse.json(["error": .string(code), "error_description": .string(description)], status: status)
        response.headers[.wwwAuthenticate] = "Bearer realm=\"dextra\", error=\"\(code)\", error_description=\"\(description)\""
        return response
    }
}

extension WebResponse {
    static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> WebResponse {
        .json(serialized: json.serialized(), status: status)
    }
}
