import Bytes
import FoundationEssentials
public import JOSE

/// Token introspection (RFC 7662). Unlike Dex's it asks who is asking.
public struct Introspection: Sendable {
    private let parts: ProviderParts

    public init(_ parts: ProviderParts) {
        self.parts = parts
    }

    private static let inactive: JSON = ["active": false]

    public func answer(_ request: TokenRequest) async throws(OAuthError) -> JSON {
        if let name = request.parameters.repeatedName {
            throw OAuthError(.invalidRequest, "The parameter '\(name)' is there twice.")
        }
        let client = try await parts.clientAuthentication.authenticate(
            authorization: request.authorization, parameters: request.parameters)
        // Whoever can be anybody must not probe tokens (RFC 7662 §2.1).
        guard client.secret != nil || client.keys != nil else {
            parts.events.record(.clientAuthenticationFailed(clientID: client.id, reason: .notAllowed))
            throw OAuthError(.invalidClient, "A public client may not introspect tokens.")
        }
        guard let token = request.parameters["token"] else {
            throw OAuthError(.invalidRequest, "The parameter token is missing.")
        }
        if let verified = await parts.verifier.verify(token) { return accessToken(verified, for: client) }
        return try await refreshToken(token, for: client)
    }

    private func accessToken(_ token: VerifiedAccessToken, for client: Client) -> JSON {
        // Told only to whom the token is for or from.
        guard token.claims.audience.containsExactly(client.id) || token.clientID.hasSameBytes(as: client.id) else {
            return Self.inactive
        }
        var answer: JSONObject = [
            "active": true, "client_id": .string(token.clientID), "token_type": "Bearer", "token_use": "access_token",
            "scope": .string(token.scopes.joined(separator: " ")),
        ]
        for name in ["sub", "exp", "iat", "aud", "iss", "jti"] { answer[name] = token.claims.all[name] }
        answer["nbf"] = token.claims.all["iat"]
        answer["username"] = token.claims.all["preferred_username"]
        var extra = JSONObject()
        for name in ["azp", "email", "email_verified", "groups", "name", "preferred_username", "federated_claims"] {
            extra[name] = token.claims.all[name]
        }
        if !extra.members.isEmpty { answer["ext"] = .object(extra) }
        return .object(answer)
    }

    private func refreshToken(_ text: String, for client: Client) async throws(OAuthError) -> JSON {
        guard let token = RefreshToken(parsing: text) else { return Self.inactive }
        let found: RefreshGrant?
        do { found = try await parts.grants.refreshGrant(id: token.grantID) } catch {
            throw OAuthError(error, doing: "find a refresh grant", toldTo: parts.events)
        }
        let policy = parts.settings.refresh
        let now = parts.clock.now
        guard let grant = found, grant.clientID.hasSameBytes(as: client.id),
            constantTimeEquals(grant.secretHash, token.secretHash)
        else {
            return Self.inactive
        }
        let ends = [
            policy.absoluteLifetime == .zero ? nil : grant.createdAt + policy.absoluteLifetime.timeInterval,
            policy.idleLifetime == .zero ? nil : grant.lastUsedAt + policy.idleLifetime.timeInterval,
        ].compactMap { $0 }.min()
        if let ends, ends <= now { return Self.inactive }
        let created = Int64(grant.createdAt.timeIntervalSince1970)
        var answer: JSONObject = [
            "active": true, "client_id": .string(grant.clientID), "token_type": "Bearer", "token_use": "refresh_token",
            "scope": .string(grant.scopes.joined(separator: " ")),
            "sub": .string(
                Subject.make(userID: grant.authentication.identity.userID, connectorID: grant.authentication.connectorID)),
            "iss": .string(parts.settings.issuer), "aud": .string(grant.clientID), "iat": .integer(created),
            "nbf": .integer(created),
        ]
        if let ends { answer["exp"] = .integer(Int64(ends.timeIntervalSince1970)) }
        return .object(answer)
    }
}
