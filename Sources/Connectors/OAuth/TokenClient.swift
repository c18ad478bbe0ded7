import Bytes
import JOSE
import OpenIDConnect
import Synchronization
import Upstream

/// Asks a provider's token endpoint.
final class TokenClient: Sendable {
    private let service: String
    private let application: OAuthApplication
    private let exchange: any HTTPExchange
    private let clock: any WallClock
    /// What the provider turned out to take, where nobody had said.
    private let learned = Mutex<SecretPlacement?>(nil)

    init(service: String, application: OAuthApplication, exchange: any HTTPExchange, clock: any WallClock) {
        self.service = service
        self.application = application
        self.exchange = exchange
        self.clock = clock
    }

    typealias Fields = [(name: String, value: String)]

    /// Exchanges a code (RFC 6749 §4.1.3).
    /// - Parameter verifier: of RFC 7636; empty without a challenge.
    func tokens(
        code: String, redirectURI: String?, verifier: String, at endpoints: OAuthEndpoints
    ) async throws(ConnectorError) -> OAuthTokens {
        var fields: Fields = [("grant_type", "authorization_code"), ("code", code)]
        if let redirectURI { fields.append(("redirect_uri", redirectURI)) }
        if !verifier.isEmpty { fields.append(("code_verifier", verifier)) }
        return try await tokens(fields, at: endpoints, secrets: [code, verifier], purpose: .signIn)
    }

    /// Asks for a new access token (RFC 6749 §6). The refresh token is the old one if no new one is given.
    func tokens(refreshing token: String, at endpoints: OAuthEndpoints) async throws(ConnectorError) -> OAuthTokens {
        let fields: Fields = [("grant_type", "refresh_token"), ("refresh_token", token)]
        var tokens = try await tokens(fields, at: endpoints, secrets: [token], purpose: .refresh)
        if tokens.refreshToken.isEmpty { tokens.refreshToken = token }
        return tokens
    }

    private func tokens(
        _ fields: Fields, at endpoints: OAuthEndpoints, secrets: [String], purpose: Purpose
    ) async throws(ConnectorError) -> OAuthTokens {
        var secrets = secrets
        var fields = fields
        var placement = endpoints.placement
        switch application.proof {
        case .secret(let secret): secrets.append(secret)
        case .assertion(let assertion):
            let text = try await assertion()
            secrets.append(text)
            fields.append(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
            fields.append(("client_assertion", text))
            placement = .form
        }
        let failure = UpstreamFailure(service: service, purpose: purpose, secrets: secrets)
        let url = endpoints.token
        guard placement == .headerThenForm else {
            return try tokens(in: try await send(fields, to: url, placement, failure), at: endpoints, failure)
        }
        let first = learned.withLock { $0 } ?? .header
        var response = try await send(fields, to: url, first, failure)
        // The code is not spent yet: a provider looks at the client first (RFC 6749 §4.1.3).
        if [400, 401].contains(response.status), TokenAnswer(response)?["error"] != "invalid_grant" {
            let second: SecretPlacement = first == .header ? .form : .header
            response = try await send(fields, to: url, second, failure)
            if response.isSuccess { learned.withLock { $0 = second } }
        }
        return try tokens(in: response, at: endpoints, failure)
    }

    private func send(
        _ fields: Fields, to url: String, _ placement: SecretPlacement, _ failure: UpstreamFailure
    ) async throws(ConnectorError) -> UpstreamResponse {
        let api = UpstreamAPI(exchange: exchange, failure: failure)
        var fields = fields
        var request = UpstreamRequest(
            .post, url, headers: [.init("Content-Type", "application/x-www-form-urlencoded")])
        switch (application.proof, placement) {
        case (.secret(let secret), .header), (.secret(let secret), .headerThenForm):
            let pair = PercentEncoding.encode(application.clientID) + ":" + PercentEncoding.encode(secret)
            request.headers.append(.init("Authorization", "Basic " + Base64.encode(Array(pair.utf8))))
        case (.secret(let secret), .form):
            fields.append(("client_id", application.clientID))
            if !secret.isEmpty { fields.append(("client_secret", secret)) }
        case (.assertion, _):
            fields.append(("client_id", application.clientID))
        }
        request.body = Array(FormEncoding.encode(fields).utf8)
        return try await api.response(request)
    }

    private func tokens(
        in response: UpstreamResponse, at endpoints: OAuthEndpoints, _ failure: UpstreamFailure
    ) throws(ConnectorError) -> OAuthTokens {
        let url = endpoints.token
        let answer = TokenAnswer(response)
        // GitHub reports errors with status 200.
        if let error = answer?["error"] {
            let said = [error, answer?["error_description"] ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
            let text = "\(service) answered \(response.status) at \(failure.place(url)): \(failure.clean(said))"
            switch error {
            case _ where failure.purpose == .refresh && endpoints.deadTokenErrors.contains(error.exact):
                throw failure.refusal(text)
            case "invalid_grant", "bad_verification_code", "bad_refresh_token", "access_denied": throw failure.refusal(text)
            case "invalid_client", "unauthorized_client", "incorrect_client_credentials":
                throw .unavailable(text + "; are clientID and clientSecret right?")
            default: throw .unavailable(text)
            }
        }
        guard response.isSuccess else {
            // About us and not about the person.
            guard response.status != 401, response.status != 403 else {
                let text = "\(service) answered \(response.status) at \(failure.place(url))"
                throw .unavailable(text + "; are clientID and clientSecret right?")
            }
            throw failure.error(response, at: url)
        }
        guard let tokens = answer.flatMap({ OAuthTokens($0, now: clock.now) }) else {
            throw failure.malformed("has no access_token", at: url)
        }
        return tokens
    }
}
