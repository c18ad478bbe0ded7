import Bytes
import JOSE
import OpenIDConnect
public import Upstream

/// Another OpenID provider, asked over the network.
public struct RemoteLoginProvider: LoginProvider {
    private let clientID: String
    private let provider: RemoteProvider
    private let client: TokenEndpointClient
    private let http: any HTTPExchange
    private let credentials: TokenEndpointClient.Credentials

    public init(_ credentials: TokenEndpointClient.Credentials, provider: RemoteProvider, http: any HTTPExchange) {
        clientID = credentials.clientID
        self.credentials = credentials
        self.provider = provider
        self.http = http
        client = TokenEndpointClient(credentials, http: http)
    }

    public func addresses() async throws(LoginProviderError) -> LoginAddresses {
        let metadata = try await metadata()
        return LoginAddresses(
            issuer: metadata.issuer, authorization: metadata.authorizationEndpoint, endSession: metadata.endSessionEndpoint,
            sendsIssuer: metadata.sendsIssuer)
    }

    public func redeem(_ code: LoginCode) async throws(LoginProviderError) -> LoginTokens {
        let tokens = try await tokens([
            ("grant_type", "authorization_code"), ("code", code.code), ("redirect_uri", code.redirectURI),
            ("code_verifier", code.verifier),
        ])
        guard tokens.idToken != nil else { throw .refused("the token endpoint answered without an ID token") }
        _ = try await check(tokens, nonce: code.nonce)
        return tokens
    }

    public func refresh(_ refreshToken: String, subject: String) async throws(LoginProviderError) -> LoginTokens {
        let tokens = try await tokens([("grant_type", "refresh_token"), ("refresh_token", refreshToken)])
        if let found = try await check(tokens, nonce: nil), !found.hasSameBytes(as: subject) {
            throw .refused("the provider answers for somebody else")
        }
        return tokens
    }

    /// RFC 7009, where the provider's discovery document names an address for it.
    public func revoke(_ refreshToken: String) async {
        guard let url = try? await provider.metadata().revocationEndpoint else { return }
        var fields = [("token", refreshToken), ("token_type_hint", "refresh_token"), ("client_id", clientID)]
        if let secret = credentials.clientSecret { fields.append(("client_secret", secret)) }
        let body = fields.map { $0.0 + "=" + PercentEncoding.encode($0.1) }.joined(separator: "&")
        _ = try? await http.send(
            UpstreamRequest(
                .post, url, headers: [.init("Content-Type", "application/x-www-form-urlencoded")], body: Array(body.utf8)))
    }

    private func tokens(_ fields: TokenEndpointClient.Fields) async throws(LoginProviderError) -> LoginTokens {
        let metadata = try await metadata()
        do {
            let tokens = try await client.tokens(fields, at: metadata)
            return LoginTokens(idToken: tokens.idToken, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken)
        } catch {
            switch error {
            case .refused(code: "invalid_grant", let text): throw .refused(text)
            case .refused(_, let text), .unusable(let text): throw .unavailable(text)
            case .exchange(let error): throw .unavailable(error.description)
            }
        }
    }

    /// - Returns: `sub`.
    private func check(_ tokens: LoginTokens, nonce: String?) async throws(LoginProviderError) -> String? {
        guard let idToken = tokens.idToken else { return nil }
        let issuer = try await metadata().issuer
        do {
            return try await provider.verify(
                idToken, IDTokenRules(issuer: issuer, clientID: clientID, nonce: nonce, accessToken: tokens.accessToken))["sub"]?
                .string
        } catch {
            if case .unavailable(let error) = error { throw .unavailable(error.description) }
            throw .refused("the ID token: \(error)")
        }
    }

    private func metadata() async throws(LoginProviderError) -> ProviderMetadata {
        do { return try await provider.metadata() } catch { throw .unavailable(error.description) }
    }
}
