import Bytes
import JOSE

/// Token revocation (RFC 7009).
public struct TokenRevocation: Sendable {
    private let parts: ProviderParts

    public init(_ parts: ProviderParts) {
        self.parts = parts
    }

    /// Returns for unknown, expired and foreign tokens too: the answer is no oracle (RFC 7009 §2.2).
    public func revoke(_ request: TokenRequest) async throws(OAuthError) {
        if let name = request.parameters.repeatedName {
            throw OAuthError(.invalidRequest, "The parameter '\(name)' is there twice.")
        }
        let client = try await parts.clientAuthentication.authenticate(
            authorization: request.authorization, parameters: request.parameters)
        guard let text = request.parameters["token"] else { throw OAuthError(.invalidRequest, "The parameter token is missing.") }
        if let token = RefreshToken(parsing: text) { return try await revoke(token, of: client) }
        guard let verified = await parts.verifier.verify(text), verified.clientID.hasSameBytes(as: client.id) else { return }
        // Only this token: its siblings and the refresh token live on.
        try await revoke(id: verified.tokenID)
    }

    private func revoke(_ token: RefreshToken, of client: Client) async throws(OAuthError) {
        let found: RefreshGrant?
        do { found = try await parts.grants.refreshGrant(id: token.grantID) } catch {
            throw OAuthError(error, doing: "find a refresh grant", toldTo: parts.events)
        }
        guard let found, found.clientID.hasSameBytes(as: client.id) else { return }
        // An old token of the family ends it as well: whoever sends it means to.
        let isOurs = [found.secretHash, found.previousSecretHash].contains {
            $0.map { constantTimeEquals($0, token.secretHash) } ?? false
        }
        if isOurs { try await revoke(id: found.id) }
    }

    private func revoke(id: String) async throws(OAuthError) {
        do { try await Revoker(parts).revoke(id: id) } catch {
            throw OAuthError(error, doing: "revoke a token", toldTo: parts.events)
        }
    }
}
