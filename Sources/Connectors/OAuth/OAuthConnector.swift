import Bytes
import JOSE
public import OpenIDConnect
public import Upstream

public import protocol JOSE.RandomSource

/// Signs people in at a provider that speaks OAuth 2.0 (RFC 6749 §4.1).
public struct OAuthConnector<Provider: OAuthProvider>: CallbackConnector {
    let provider: Provider
    private let application: OAuthApplication
    private let exchange: any HTTPExchange
    private let clock: any WallClock
    private let random: any RandomSource
    private let client: TokenClient
    private let renewals = RenewedTokens()

    public init(
        _ provider: Provider, application: OAuthApplication, exchange: any HTTPExchange, clock: any WallClock,
        random: any RandomSource
    ) {
        self.provider = provider
        self.application = application
        self.exchange = exchange
        self.clock = clock
        self.random = random
        client = TokenClient(service: provider.service, application: application, exchange: exchange, clock: clock)
    }

    public func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        let endpoints = try await provider.endpoints()
        let asked = AskedScopes(visit.scopes)
        let scopes = provider.scopes(for: asked)
        let isOpenID = scopes.containsExactly("openid")
        let memory = VisitMemory(
            verifier: endpoints.challenge == .none ? "" : secret(), nonce: isOpenID ? secret() : "")
        var fields: TokenClient.Fields = [("client_id", application.clientID), ("response_type", "code")]
        if provider.sendsRedirectURI { fields.append(("redirect_uri", visit.callbackURL)) }
        if !scopes.isEmpty { fields.append(("scope", scopes.joined(separator: " "))) }
        fields.append(("state", try visit.state(remembering: memory.bytes)))
        if let challenge = memory.challenge(endpoints.challenge) {
            fields += [("code_challenge", challenge), ("code_challenge_method", endpoints.challenge.rawValue)]
        }
        if isOpenID { fields.append(("nonce", memory.nonce)) }
        fields += provider.parameters(for: asked).map { ($0.name, $0.value) }
        return .address(FormEncoding.address(endpoints.authorization, adding: fields))
    }

    public func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        let endpoints = try await provider.endpoints()
        let failure = UpstreamFailure(service: provider.service, purpose: .signIn)
        if let issuer = answer.parameters["iss"], let expected = endpoints.issuer, !issuer.hasSameBytes(as: expected) {
            throw .refused("the answer claims to be of \(failure.clean(issuer)) and not of \(provider.service)")
        }
        if let error = answer.parameters["error"] {
            throw said(
                failure.clean([error, answer.parameters["error_description"]].compactMap { $0 }.joined(separator: ": ")), error)
        }
        guard let code = answer.parameters["code"] else {
            throw .refused("the browser came back from \(provider.service) without a code")
        }
        guard let memory = VisitMemory(answer.memory) else {
            throw .refused("the sign-in at \(provider.service) was begun by another version or connector")
        }
        let tokens = try await client.tokens(
            code: code, redirectURI: provider.sendsRedirectURI ? answer.callbackURL : nil, verifier: memory.verifier,
            at: endpoints)
        let asked = AskedScopes(answer.scopes)
        let identity = try await provider.identity(
            in: session(tokens, asked, .signIn, nonce: memory.nonce.isEmpty ? nil : memory.nonce))
        // Without offline access nobody will ask again, and what is not kept cannot be stolen.
        let isKept = asked.offlineAccess && provider is any RefreshableOAuthProvider
        return ConnectorIdentity(
            identity: identity, connectorData: isKept ? provider.memory.bytes(tokens) : nil, methods: [])
    }

    /// What the provider's `error` means (RFC 6749 §4.1.2.1).
    private func said(_ text: String, _ error: String) -> ConnectorError {
        let text = "\(provider.service) sent the browser back with \(text)"
        return switch error {
        case "access_denied": .denied(.declined, text)
        case "server_error", "temporarily_unavailable": .unavailable(text)
        default: .refused(text)
        }
    }

    private func session(
        _ tokens: OAuthTokens, _ asked: AskedScopes, _ purpose: Purpose, nonce: String? = nil, previous: Identity? = nil
    ) -> OAuthSession {
        let failure = UpstreamFailure(
            service: provider.service, purpose: purpose,
            secrets: [tokens.accessToken, tokens.refreshToken, tokens.idToken ?? ""])
        return OAuthSession(
            tokens: tokens, asked: asked, nonce: nonce, previous: previous,
            api: UpstreamAPI(exchange: exchange, failure: failure, accessToken: tokens.accessToken))
    }

    private func secret() -> String {
        Base64URL.encode(random.bytes(32))
    }
}

extension OAuthConnector: RefreshConnector where Provider: RefreshableOAuthProvider {
    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        guard let data = connectorData, let tokens = provider.memory.tokens(data) else {
            throw .gone("no token of \(provider.service) was kept")
        }
        let canRenew = !tokens.refreshToken.isEmpty
        guard tokens.isUsable(at: clock.now) && !(provider.alwaysRenews && canRenew) else {
            return try await renewed(tokens, identity, scopes)
        }
        do throws(ConnectorError) {
            let found = try await person(tokens, identity, scopes)
            return ConnectorIdentity(identity: found, connectorData: data, methods: [])
        } catch {
            // A provider may end an access token before its time.
            guard case .gone = error, canRenew else { throw error }
            return try await renewed(tokens, identity, scopes)
        }
    }

    private func renewed(
        _ old: OAuthTokens, _ identity: Identity, _ scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        guard !old.refreshToken.isEmpty else {
            throw .gone("the token of \(provider.service) has expired, and there is none to renew it with")
        }
        let endpoints = try await provider.endpoints()
        let tokens = try await renewals.tokens(for: old.refreshToken, now: clock.now) {
            [client] token async throws(ConnectorError) in
            try await client.tokens(refreshing: token, at: endpoints)
        }
        let found = try await person(tokens, identity, scopes)
        return ConnectorIdentity(identity: found, connectorData: provider.memory.bytes(tokens), methods: [])
    }

    private func person(
        _ tokens: OAuthTokens, _ previous: Identity, _ scopes: [String]
    ) async throws(ConnectorError) -> Identity {
        try await provider.identity(in: session(tokens, AskedScopes(scopes), .refresh, previous: previous))
    }
}

extension OAuthConnector: RenewableConnector {
    /// Whether the provider says where it is to be asked.
    public func check() async throws(ConnectorError) {
        _ = try await provider.endpoints()
    }

    /// What a provider says of itself is asked for again in its time.
    public func renew() async {}

    public var concern: String? { provider.concern }
}

/// What is remembered while a person is at the provider.
private struct VisitMemory {
    let verifier: String
    let nonce: String

    init(verifier: String, nonce: String) {
        self.verifier = verifier
        self.nonce = nonce
    }

    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes), let verifier = json["verifier"]?.string, let nonce = json["nonce"]?.string
        else { return nil }
        self.init(verifier: verifier, nonce: nonce)
    }

    var bytes: [UInt8] {
        JSON.object(["verifier": .string(verifier), "nonce": .string(nonce)]).serialized()
    }

    func challenge(_ method: ChallengeMethod) -> String? {
        switch method {
        case .none: nil
        case .plain: verifier
        case .sha256: Base64URL.encode(HashAlgorithm.sha256.hash(Array(verifier.utf8)))
        }
    }
}
