import Bytes
import FoundationEssentials
import JOSE

/// What several grants do alike.
extension ProviderParts {
    /// Signs the tokens of an answer, before anything is written: if the signer is too busy, the code or refresh token that
    /// was presented is still good, and nobody has to log in again.
    func sign(_ subject: TokenSubject, code: String? = nil) async throws(OAuthError) -> TokenIssuer.Issued {
        let wanted: TokenIssuer.Wanted = subject.scopes.containsExactly("openid") ? [.accessToken, .idToken] : .accessToken
        do { return try await issuer.issue(subject, wanted, code: code) } catch {
            events.record(.signingFailed(error))
            throw OAuthError(error)
        }
    }

    /// The answer, once all that it rests on is stored.
    func answer(
        _ issued: TokenIssuer.Issued, to subject: TokenSubject, grant: GrantType, refreshToken: RefreshToken?,
        reportsScope: Bool = false
    ) -> TokenResponse {
        events.record(
            .tokensIssued(grant: grant.rawValue, clientID: subject.clientID, userID: subject.authentication.identity.userID))
        return TokenResponse(
            accessToken: issued.accessToken ?? "", idToken: issued.idToken, refreshToken: refreshToken?.text,
            expiresIn: issued.expiresIn,
            scope: reportsScope ? subject.scopes.joined(separator: " ") : nil)
    }

    /// Whether a login may be followed by a refresh token (OpenID Connect Core §11).
    func mayRefresh(scopes: [String], connectorID: String) -> Bool {
        scopes.containsExactly("offline_access") && settings.grantTypes.contains(.refreshToken)
            && connectors[connectorID]?.canRefresh == true
    }

    /// - Returns: nil while there is no sealing key, which is before the provider has started.
    func makeRefreshGrant(for subject: TokenSubject, now: Date) -> (grant: RefreshGrant, token: RefreshToken)? {
        guard let key = sealers.derivationKeys.first else { return nil }
        let token = RefreshToken.first(grantID: subject.grantID, random: random, key: key)
        let grant = RefreshGrant(
            id: subject.grantID, clientID: subject.clientID, scopes: subject.scopes, nonce: subject.nonce,
            authentication: subject.authentication, requestedClaims: subject.requestedClaims, createdAt: now, lastUsedAt: now,
            secretHash: token.secretHash)
        return (grant, token)
    }

    /// Ends everything that was issued under a grant that is in the wrong hands. The caller is refused, whatever comes of it.
    func revoke(grantID: String) async {
        do { try await Revoker(self).revoke(id: grantID) } catch {
            events.record(.storeFailed(error, doing: "revoke a grant"))
        }
    }
}
