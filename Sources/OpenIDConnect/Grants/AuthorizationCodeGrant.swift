import Bytes
import FoundationEssentials
import JOSE

/// RFC 6749 §4.1.3, RFC 7636 §4.5.
struct AuthorizationCodeGrant: Grant {
    private let parts: ProviderParts

    init(_ parts: ProviderParts) {
        self.parts = parts
    }

    /// One text for all of them, so that nobody learns which it was.
    private static let refused = OAuthError(
        .invalidGrant, "The code is unknown, expired, used, or was issued for something else.")

    func answer(_ parameters: RequestParameters, from client: Client) async throws(OAuthError) -> TokenResponse {
        guard let text = parameters["code"] else { throw OAuthError(.invalidRequest, "The parameter code is missing.") }
        let hash = HashAlgorithm.sha256.hash(Array(text.utf8))
        let now = parts.clock.now
        let found: AuthorizationCode?
        do { found = try await parts.grants.authorizationCode(hash: hash) } catch {
            throw OAuthError(error, doing: "find a code", toldTo: parts.events)
        }
        guard let code = found, code.clientID.hasSameBytes(as: client.id) else { throw Self.refused }
        if code.redeemedAt != nil { throw await replayed(code) }
        // A failed check leaves the code as it is: whoever holds the right verifier can still redeem it.
        guard now < code.expiresAt, parameters["redirect_uri"]?.exact == code.redirectURI.exact,
            verifierIsRight(parameters["code_verifier"], for: code.codeChallenge),
            client.allows(connector: code.authentication.connectorID)
        else { throw Self.refused }

        let subject = TokenSubject(code)
        let issued = try await parts.sign(subject, code: text)
        let refresh = makeRefreshGrant(for: subject, now: now)
        let isFirst: Bool
        do { isFirst = try await parts.grants.redeem(codeHash: hash, at: now, creating: refresh?.grant) } catch {
            throw OAuthError(error, doing: "redeem a code", toldTo: parts.events)
        }
        if !isFirst { throw await replayed(code) }
        return parts.answer(issued, to: subject, grant: .authorizationCode, refreshToken: refresh?.token)
    }

    private func verifierIsRight(_ verifier: String?, for challenge: CodeChallenge?) -> Bool {
        switch (verifier, challenge) {
        case (nil, nil): true
        case (let verifier?, let challenge?): challenge.accepts(verifier: verifier)
        // A verifier without a challenge is a downgrade (RFC 9700 §4.8.2); a challenge without a verifier proves nothing.
        case (nil, _?), (_?, nil): false
        }
    }

    /// Somebody else has redeemed this code: what was issued for it may be in the wrong hands (RFC 6749 §4.1.2).
    private func replayed(_ code: AuthorizationCode) async -> OAuthError {
        parts.events.record(.replayDetected(kind: "code", clientID: code.clientID, grantID: code.grantID))
        await parts.revoke(grantID: code.grantID)
        return Self.refused
    }

    private func makeRefreshGrant(for subject: TokenSubject, now: Date) -> (grant: RefreshGrant, token: RefreshToken)? {
        guard parts.mayRefresh(scopes: subject.scopes, connectorID: subject.authentication.connectorID) else { return nil }
        return parts.makeRefreshGrant(for: subject, now: now)
    }
}
