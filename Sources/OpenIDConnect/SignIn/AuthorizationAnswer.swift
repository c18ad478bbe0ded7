import FoundationEssentials
import JOSE

/// The last step: a code, tokens, or both. The code is the first thing that a sign-in writes.
struct AuthorizationAnswer: Sendable {
    private let parts: ProviderParts

    init(_ parts: ProviderParts) {
        self.parts = parts
    }

    func answer(_ signIn: SignIn, client: Client) async throws(PageError) -> AuthorizationResponse {
        let request = signIn.request
        let redirect = request.redirect(issuer: parts.settings.issuer, client: client)
        guard let authentication = signIn.authentication else {
            throw PageError(.failed, "The server could not complete the request.")
        }
        let subject = Subject.make(userID: authentication.identity.userID, connectorID: authentication.connectorID)
        if let expected = request.expectedSubject, expected != subject {
            return redirect.response(OAuthError(.loginRequired, "Somebody else than the one who was asked for has logged in."))
        }
        let grantID = Identifier.make(parts.random)
        do throws(OAuthError) {
            let code = request.responseType.contains(.code) ? Base64URL.encode(parts.random.bytes(24)) : nil
            let tokens = try await makeTokens(request, authentication, grantID: grantID, code: code)
            if let code { try await store(code, for: request, authentication, grantID: grantID) }
            return redirect.response(tokens + (code.map { [("code", $0)] } ?? []))
        } catch {
            return redirect.response(error)
        }
    }

    private func store(
        _ code: String, for request: AuthorizationRequest, _ authentication: Authentication, grantID: String
    ) async throws(OAuthError) {
        let now = parts.clock.now
        do {
            try await parts.grants.insert(
                AuthorizationCode(
                    hash: HashAlgorithm.sha256.hash(Array(code.utf8)), grantID: grantID, clientID: request.clientID,
                    redirectURI: request.redirectURI,
                    scopes: request.scopes, nonce: request.nonce, authentication: authentication,
                    codeChallenge: request.codeChallenge,
                    requestedClaims: request.requestedClaims, expiresAt: now + parts.settings.codeLifetime.timeInterval))
        } catch {
            parts.events.record(.storeFailed(error, doing: "store a code"))
            throw OAuthError(error)
        }
    }

    private func makeTokens(
        _ request: AuthorizationRequest, _ authentication: Authentication, grantID: String, code: String?
    ) async throws(OAuthError) -> [(String, String)] {
        guard request.responseType.isFrontChannel else { return [] }
        var wanted: TokenIssuer.Wanted = []
        if request.responseType.contains(.token) { wanted.insert(.accessToken) }
        if request.responseType.contains(.idToken) { wanted.insert(.idToken) }
        let subject = TokenSubject(
            clientID: request.clientID, scopes: request.scopes, nonce: request.nonce, authentication: authentication,
            requestedClaims: request.requestedClaims, grantID: grantID)
        let issued: TokenIssuer.Issued
        do { issued = try await parts.issuer.issue(subject, wanted, code: code) } catch {
            parts.events.record(.signingFailed(error))
            throw OAuthError(error)
        }
        parts.events.record(
            .tokensIssued(grant: GrantType.implicit.rawValue, clientID: request.clientID, userID: authentication.identity.userID))
        var parameters: [(String, String)] = []
        if let token = issued.accessToken {
            parameters += [("access_token", token), ("token_type", "bearer"), ("expires_in", String(issued.expiresIn))]
        }
        if let token = issued.idToken { parameters.append(("id_token", token)) }
        return parameters
    }
}
