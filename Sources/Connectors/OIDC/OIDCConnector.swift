import Bytes
import JOSE
public import OpenIDConnect
public import Upstream

public import protocol JOSE.RandomSource

/// Dex's `oidc`: signs people in at an OpenID Connect provider, by its code flow (OpenID Connect Core §3.1).
public struct OIDCConnector: CallbackConnector, RefreshConnector, RenewableConnector {
    let settings: OIDCSettings
    private let provider: RemoteProvider
    private let http: any HTTPExchange
    private let client: TokenEndpointClient
    private let random: any RandomSource

    public init(_ settings: OIDCSettings, provider: RemoteProvider, http: any HTTPExchange, random: any RandomSource) {
        self.settings = settings
        self.provider = provider
        self.http = http
        client = TokenEndpointClient(
            .init(
                issuer: settings.issuer, clientID: settings.clientID, clientSecret: settings.clientSecret,
                sendsSecretInForm: settings.sendsSecretInForm), http: http)
        self.random = random
    }

    public func check() async throws(ConnectorError) {
        _ = try await metadata()
    }

    public func renew() async {
        await provider.renew()
    }

    public var concern: String? { provider.concern?.description }

    // MARK: There

    public func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        let metadata = try await metadata()
        let memory = OIDCVisitMemory(
            random: random, challenge: settings.challenge ?? OIDCChallenge(announced: metadata.codeChallengeMethods))
        var fields: TokenEndpointClient.Fields = [
            ("client_id", settings.clientID), ("redirect_uri", visit.callbackURL), ("response_type", "code"),
            ("scope", (["openid"] + settings.scopes.filter { $0 != "openid" }).joined(separator: " ")),
            ("state", try visit.state(remembering: memory.bytes)),
        ]
        fields += memory.parameters
        if !settings.acrValues.isEmpty { fields.append(("acr_values", settings.acrValues.joined(separator: " "))) }
        if visit.scopes.containsExactly("offline_access") {
            fields.append(("access_type", "offline"))
            if let prompt = settings.promptType { fields.append(("prompt", prompt)) }
        }
        if let hint = visit.loginHint { fields.append(("login_hint", hint)) }
        let query = fields.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
        let endpoint = metadata.authorizationEndpoint
        return .address(endpoint + endpoint.querySeparator + query.joined(separator: "&"))
    }

    // MARK: And back

    public func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        let metadata = try await metadata()
        try checkSender(answer, metadata)
        if let error = answer.parameters["error"] { throw said(error, answer.parameters["error_description"]) }
        guard let code = answer.parameters["code"] else { throw .refused("the browser came back without a code") }
        guard let memory = OIDCVisitMemory(answer.memory) else {
            throw .refused("the sign-in was begun at another connector, or by another version")
        }
        var fields: TokenEndpointClient.Fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", answer.callbackURL),
        ]
        if !memory.verifier.isEmpty { fields.append(("code_verifier", memory.verifier)) }
        let tokens: TokenEndpointClient.Tokens
        do { tokens = try await client.tokens(fields, at: metadata) } catch {
            switch error {
            case .refused(code: "invalid_client", let text): throw .unavailable(text)
            case .refused(_, let text): throw .refused("the provider did not take its code: \(text)")
            case .exchange(let error): throw ConnectorError(error)
            case .unusable(let text): throw .unavailable(text)
            }
        }
        guard let idToken = tokens.idToken else { throw .refused("the token endpoint answered without an ID token") }
        let claims = try await claims(
            of: idToken, tokens.accessToken, metadata, nonce: memory.nonce)
        // Without offline access nobody will ask again, and what is not kept cannot be stolen.
        let data =
            answer.scopes.containsExactly("offline_access") ? OIDCConnectorData(refreshToken: tokens.refreshToken ?? "") : nil
        return ConnectorIdentity(
            identity: try settings.claims.identity(claims), connectorData: data?.bytes, methods: Self.methods(claims),
            logoutMemory: settings.endsSessions && metadata.endSessionEndpoint != nil
                ? OIDCLogoutMemory(idToken: idToken, claims: claims)?.text : nil)
    }

    /// An answer of one provider must not be taken for one of another (RFC 9207 §2.4).
    private func checkSender(_ answer: ConnectorAnswer, _ metadata: ProviderMetadata) throws(ConnectorError) {
        if let issuer = answer.parameters["iss"] {
            guard issuer.hasSameBytes(as: metadata.issuer) else {
                throw .refused("the answer is of the issuer \(ForeignText.clean(issuer, nil)) and not of \(metadata.issuer)")
            }
        } else if metadata.sendsIssuer {
            throw .refused("the answer does not say of which issuer it is, though \(metadata.issuer) always does")
        }
    }

    /// RFC 6749 §4.1.2.1
    private func said(_ error: String, _ description: String?) -> ConnectorError {
        let text = "the provider sent the browser back with " + ForeignText.clean(error, description)
        return switch error {
        case "access_denied": .denied(.declined, text)
        case "server_error", "temporarily_unavailable": .unavailable(text)
        default: .refused(text)
        }
    }

    // MARK: Again

    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        guard let connectorData, let data = OIDCConnectorData(connectorData) else {
            throw .gone("nothing was kept to ask the provider with")
        }
        guard !data.refreshToken.isEmpty else {
            throw .gone("the provider gave no refresh token; does it want the scope offline_access? Add it to scopes")
        }
        let metadata = try await metadata()
        let tokens: TokenEndpointClient.Tokens
        do {
            tokens = try await client.tokens(
                [("grant_type", "refresh_token"), ("refresh_token", data.refreshToken)], at: metadata)
        } catch {
            switch error {
            case .refused(code: "invalid_grant", let text): throw .gone("the provider: \(text)")
            case .refused(_, let text), .unusable(let text): throw .unavailable(text)
            case .exchange(let error): throw ConnectorError(error)
            }
        }
        let kept = OIDCConnectorData(refreshToken: tokens.refreshToken ?? data.refreshToken).bytes
        let claims: JSONObject
        if let idToken = tokens.idToken {
            claims = try await self.claims(of: idToken, tokens.accessToken, metadata, nonce: nil)
        } else if settings.asksUserInfo {
            claims = try await userInfo(tokens.accessToken, metadata, subject: nil)
        } else {
            // The provider stands by the person and says nothing new (OpenID Connect Core §12.2).
            return ConnectorIdentity(identity: identity, connectorData: kept, methods: [])
        }
        let found: Identity
        do throws(ConnectorError) { found = try settings.claims.identity(claims) } catch {
            if case .denied(_, let text) = error { throw .gone(text) }
            throw error
        }
        guard found.userID.hasSameBytes(as: identity.userID) else { throw .gone("the provider answers for somebody else") }
        return ConnectorIdentity(identity: found, connectorData: kept, methods: Self.methods(claims))
    }

    // MARK: Claims

    private func claims(
        of idToken: String, _ accessToken: String, _ metadata: ProviderMetadata, nonce: String?
    ) async throws(ConnectorError) -> JSONObject {
        var claims: JSONObject
        do {
            claims = try await provider.verify(
                idToken,
                IDTokenRules(
                    issuer: metadata.issuer, clientID: settings.clientID, nonce: nonce, accessToken: accessToken))
        } catch {
            if case .unavailable(let error) = error { throw ConnectorError(error) }
            throw .refused("the ID token: \(error)")
        }
        guard settings.asksUserInfo else { return claims }
        let further = try await userInfo(accessToken, metadata, subject: claims["sub"]?.string)
        for (name, value) in further.members { claims[name] = value }
        return claims
    }

    /// OpenID Connect Core §5.3
    private func userInfo(
        _ accessToken: String, _ metadata: ProviderMetadata, subject: String?
    ) async throws(ConnectorError) -> JSONObject {
        guard let url = metadata.userInfoEndpoint else {
            throw .unavailable("getUserInfo is set, and the provider has no userinfo endpoint")
        }
        let response: UpstreamResponse
        do {
            response = try await http.send(
                UpstreamRequest(
                    .get, url, headers: [.init("Authorization", "Bearer " + accessToken), .init("Accept", "application/json")]))
        } catch {
            throw ConnectorError(error)
        }
        guard response.status == 200 else { throw .unavailable("the userinfo endpoint answered with status \(response.status)") }
        let claims = try await userInfoClaims(response, metadata)
        // Otherwise somebody else's answer could be slipped in (§5.3.4).
        guard let subject else { return claims }
        guard let found = claims["sub"]?.string, found.hasSameBytes(as: subject) else {
            throw .refused("the userinfo endpoint answered about somebody else")
        }
        return claims
    }

    private func userInfoClaims(
        _ response: UpstreamResponse, _ metadata: ProviderMetadata
    ) async throws(ConnectorError) -> JSONObject {
        var bytes = response.body
        if response.isOf(type: "application/jwt") {
            do { bytes = try await provider.verify(String(decoding: bytes, as: UTF8.self)).payload } catch {
                if case .unavailable(let error) = error { throw ConnectorError(error) }
                throw .refused("the answer of the userinfo endpoint: \(error)")
            }
        }
        guard let claims = (try? JSON(parsing: bytes))?.object else {
            throw .unavailable("the userinfo endpoint did not answer with a JSON object")
        }
        return claims
    }

    /// `amr`: how the person has proven who they are there.
    private static func methods(_ claims: JSONObject) -> [String] {
        (claims["amr"]?.array ?? []).prefix(16).compactMap(\.string)
    }

    func metadata() async throws(ConnectorError) -> ProviderMetadata {
        do { return try await provider.metadata() } catch { throw ConnectorError(error) }
    }
}

extension ConnectorError {
    fileprivate init(_ error: UpstreamError) {
        self = error == .overloaded ? .overloaded : .unavailable(error.description)
    }

    fileprivate init(_ error: RelyingPartyError) {
        switch error {
        case .exchange(let error): self.init(error)
        case .invalid(let text): self = .unavailable(text)
        }
    }
}
