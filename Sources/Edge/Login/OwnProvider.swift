import Bytes
import FoundationEssentials
import JOSE
public import OpenIDConnect
import Upstream

/// Dextra itself as the login's provider. Its rules are called, not its addresses.
public struct OwnProvider: LoginProvider {
    private let client: Client
    private let secret: String?
    private let parts: ProviderParts
    private let authorizationURL: String
    private let endSessionURL: String
    private let endpoint: TokenEndpoint
    private let revocation: TokenRevocation

    /// - Parameters:
    ///   - client: who the edge is there.
    ///   - authorizationURL: where browsers are sent, if not to the issuer's: `/dex/auth` on whatever host they are.
    ///     Its logout is beside it.
    public init(client: Client, secret: String?, parts: ProviderParts, authorizationURL: String?) {
        self.client = client
        self.secret = secret
        self.parts = parts
        self.authorizationURL = authorizationURL ?? parts.settings.issuer + "/auth"
        endSessionURL = Self.logout(beside: authorizationURL) ?? parts.settings.issuer + "/logout"
        endpoint = TokenEndpoint(parts)
        revocation = TokenRevocation(parts)
    }

    /// `/dex/auth` and `/dex/auth/local` become `/dex/logout`; nil for an address that a proxy in front has made its own.
    private static func logout(beside authorizationURL: String?) -> String? {
        guard let authorizationURL else { return nil }
        let path = authorizationURL.cutOnce(at: "?")?.before ?? authorizationURL[...]
        let segments = path.cut(at: "/")
        guard let auth = segments.lastIndex(where: { $0 == "auth" }), auth > 0 else { return nil }
        return (segments[..<auth] + ["logout"]).joined(separator: "/")
    }

    public func addresses() async throws(LoginProviderError) -> LoginAddresses {
        LoginAddresses(
            issuer: parts.settings.issuer, authorization: authorizationURL, endSession: endSessionURL, sendsIssuer: true)
    }

    public func redeem(_ code: LoginCode) async throws(LoginProviderError) -> LoginTokens {
        let tokens = try await tokens([
            ("grant_type", "authorization_code"), ("code", code.code), ("redirect_uri", code.redirectURI),
            ("code_verifier", code.verifier),
        ])
        try await check(tokens, nonce: code.nonce, subject: nil)
        return tokens
    }

    public func refresh(_ refreshToken: String, subject: String) async throws(LoginProviderError) -> LoginTokens {
        let tokens = try await tokens([("grant_type", "refresh_token"), ("refresh_token", refreshToken)])
        try await check(tokens, nonce: nil, subject: subject)
        return tokens
    }

    public func revoke(_ refreshToken: String) async {
        let request = request([("token", refreshToken), ("token_type_hint", "refresh_token")])
        // The store's failure has been told to the log; the session itself is revoked by its own id.
        do { try await revocation.revoke(request) } catch {}
    }

    private func request(_ fields: [(name: String, value: String)]) -> TokenRequest {
        guard let secret else {
            return TokenRequest(parameters: RequestParameters(fields + [("client_id", client.id)]), authorization: nil)
        }
        if client.authenticationMethod == .basic {
            let pair = PercentEncoding.encode(client.id) + ":" + PercentEncoding.encode(secret)
            return TokenRequest(parameters: RequestParameters(fields), authorization: "Basic " + Base64.encode(pair.utf8))
        }
        return TokenRequest(
            parameters: RequestParameters(fields + [("client_id", client.id), ("client_secret", secret)]), authorization: nil)
    }

    private func tokens(_ fields: [(name: String, value: String)]) async throws(LoginProviderError) -> LoginTokens {
        let answer: JSON
        do throws(OAuthError) { answer = try await endpoint.answer(request(fields)).json } catch {
            let text = "\(error.code.rawValue): \(error.description)"
            throw error.code == .invalidGrant ? .refused(text) : .unavailable(text)
        }
        guard let accessToken = answer["access_token"]?.string else { throw .unavailable("no access token was issued") }
        return LoginTokens(
            idToken: answer["id_token"]?.string, accessToken: accessToken, refreshToken: answer["refresh_token"]?.string)
    }

    /// The rules for everybody's tokens hold for ours: a code of another login has another nonce.
    private func check(_ tokens: LoginTokens, nonce: String?, subject: String?) async throws(LoginProviderError) {
        guard let idToken = tokens.idToken else {
            if nonce != nil { throw .unavailable("no ID token was issued; is the scope openid asked for?") }
            return
        }
        let keys = await parts.ring.keys
        let claims: JSONObject
        do {
            let verified = try JWS.verify(idToken, keys: keys.verification, algorithms: Set(keys.algorithms))
            let rules = IDTokenRules(
                issuer: parts.settings.issuer, clientID: client.id, nonce: nonce, accessToken: tokens.accessToken)
            claims = try rules.check(verified, now: parts.clock.now)
        } catch {
            throw .refused("the ID token: \(error)")
        }
        if let subject, claims["sub"]?.string?.hasSameBytes(as: subject) != true {
            throw .refused("the provider answers for somebody else")
        }
    }
}
