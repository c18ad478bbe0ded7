public import JOSE

/// A request at the token endpoint (RFC 6749 §3.2).
public struct TokenRequest: Sendable {
    public let parameters: RequestParameters
    /// The `Authorization` header, if there is one.
    public let authorization: String?

    public init(parameters: RequestParameters, authorization: String?) {
        self.parameters = parameters
        self.authorization = authorization
    }
}

/// A successful answer (RFC 6749 §5.1).
public struct TokenResponse: Sendable {
    let accessToken: String
    let idToken: String?
    let refreshToken: String?
    /// In seconds.
    let expiresIn: Int
    /// Only where it differs from what was asked for.
    let scope: String?

    public var json: JSON {
        var object: JSONObject = [
            "access_token": .string(accessToken), "token_type": "bearer", "expires_in": .integer(Int64(expiresIn)),
        ]
        if let refreshToken { object["refresh_token"] = .string(refreshToken) }
        if let idToken { object["id_token"] = .string(idToken) }
        if let scope { object["scope"] = .string(scope) }
        return .object(object)
    }
}

/// A grant: one way to get tokens. A new one is one type and its line in ``TokenEndpoint``.
protocol Grant: Sendable {
    func answer(_ parameters: RequestParameters, from client: Client) async throws(OAuthError) -> TokenResponse
}

/// Proves the client, then hands over to the grant.
public struct TokenEndpoint: Sendable {
    private let authentication: ClientAuthentication
    private let grants: [GrantType: any Grant]
    private let events: any EventLog

    public init(_ parts: ProviderParts) {
        authentication = parts.clientAuthentication
        events = parts.events
        let all: [GrantType: any Grant] = [
            .authorizationCode: AuthorizationCodeGrant(parts),
            .refreshToken: RefreshTokenGrant(parts),
            .password: PasswordGrant(parts),
        ]
        grants = all.filter { parts.settings.grantTypes.contains($0.key) }
    }

    public func answer(_ request: TokenRequest) async throws(OAuthError) -> TokenResponse {
        let parameters = request.parameters
        if let name = parameters.repeatedName { throw OAuthError(.invalidRequest, "The parameter '\(name)' is there twice.") }
        guard let name = parameters["grant_type"] else {
            throw OAuthError(.invalidRequest, "The parameter grant_type is missing.")
        }
        // An unknown grant is told even to an unknown client: discovery tells it to everybody.
        guard let type = GrantType(rawValue: name), let grant = grants[type] else {
            throw OAuthError(.unsupportedGrantType, "The grant type '\(name)' is not offered.")
        }
        let client = try await authentication.authenticate(authorization: request.authorization, parameters: parameters)
        do throws(OAuthError) {
            return try await grant.answer(parameters, from: client)
        } catch {
            events.record(.tokenRefused(grant: name, clientID: client.id, error: error))
            throw error
        }
    }
}
