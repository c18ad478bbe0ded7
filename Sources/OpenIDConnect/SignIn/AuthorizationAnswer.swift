import Bytes
import FoundationEssentials
import JOSE

/// The last step: a code, tokens, or both. The code, and that the sign-in is over, is the first thing that a sign-in writes.
///
/// A sign-in has one answer. It is used up before anything of the answer leaves; where that cannot be written, the client gets an
/// error, and the sign-in is as good as before.
struct AuthorizationAnswer: Sendable {
    private let parts: ProviderParts

    init(_ parts: ProviderParts) {
        self.parts = parts
    }

    /// - Throws: where the sign-in has had its answer.
    func answer(_ signIn: SignIn, client: Client) async throws(PageError) -> AuthorizationResponse {
        let request = signIn.request
        guard let authentication = signIn.authentication else {
            throw PageError(.failed, "The server could not complete the request.")
        }
        let subject = Subject.make(userID: authentication.identity.userID, connectorID: authentication.connectorID)
        if let expected = request.expectedSubject, !expected.hasSameBytes(as: subject) {
            let error = OAuthError(.loginRequired, "Somebody else than the one who was asked for has logged in.")
            return try await refusal(of: signIn, client: client, error)
        }
        let grantID = Identifier.make(parts.random)
        let code = request.responseType.contains(.code) ? Base64URL.encode(parts.random.bytes(24)) : nil
        return try await give(signIn, client) { () throws(OAuthError) in
            let tokens = try await makeTokens(request, authentication, grantID: grantID, code: code)
            guard try await use(signIn, storing: code.map { stored($0, for: request, authentication, grantID: grantID) }) else {
                return nil
            }
            if !tokens.isEmpty {
                parts.events.record(
                    .tokensIssued(
                        grant: GrantType.implicit.rawValue, clientID: request.clientID, userID: authentication.identity.userID))
            }
            return tokens + (code.map { [("code", $0)] } ?? [])
        }
    }

    /// An error as the answer, of somebody who is known.
    /// - Throws: where the sign-in has had its answer.
    func refusal(
        of signIn: SignIn, client: Client, _ error: OAuthError
    ) async throws(PageError) -> AuthorizationResponse {
        try await give(signIn, client) { () throws(OAuthError) in
            guard try await use(signIn, storing: nil) else { return nil }
            throw error
        }
    }

    /// - Parameter make: nil where the sign-in has had its answer.
    private func give(
        _ signIn: SignIn, _ client: Client, _ make: () async throws(OAuthError) -> [(String, String)]?
    ) async throws(PageError) -> AuthorizationResponse {
        let redirect = signIn.request.redirect(issuer: parts.settings.issuer, client: client)
        let parameters: [(String, String)]?
        do { parameters = try await make() } catch { return redirect.response(error) }
        guard let parameters else { throw SignInFlow.answered }
        return redirect.response(parameters)
    }

    /// - Returns: false, having changed nothing, where the sign-in has had its answer.
    private func use(_ signIn: SignIn, storing code: AuthorizationCode?) async throws(OAuthError) -> Bool {
        let use = signIn.use
        do {
            guard let code else { return try await parts.assertions.use(assertion: use.key, until: use.until) }
            return try await parts.grants.insert(code, using: use)
        } catch {
            throw OAuthError(error, doing: code == nil ? "end a sign-in" : "store a code", toldTo: parts.events)
        }
    }

    private func stored(
        _ code: String, for request: AuthorizationRequest, _ authentication: Authentication, grantID: String
    ) -> AuthorizationCode {
        AuthorizationCode(
            hash: HashAlgorithm.sha256.hash(Array(code.utf8)), grantID: grantID, clientID: request.clientID,
            redirectURI: request.redirectURI, scopes: request.scopes, nonce: request.nonce, authentication: authentication,
            codeChallenge: request.codeChallenge, requestedClaims: request.requestedClaims,
            expiresAt: parts.clock.now + parts.settings.codeLifetime.timeInterval)
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
        var parameters: [(String, String)] = []
        if let token = issued.accessToken {
            parameters += [("access_token", token), ("token_type", "bearer"), ("expires_in", String(issued.expiresIn))]
        }
        if let token = issued.idToken { parameters.append(("id_token", token)) }
        return parameters
    }
}
