import FoundationEssentials
import JOSE

/// RFC 6749 §4.3, through the connector that the configuration names.
struct PasswordGrant: Grant {
    private let parts: ProviderParts

    init(_ parts: ProviderParts) {
        self.parts = parts
    }

    func answer(_ parameters: RequestParameters, from client: Client) async throws(OAuthError) -> TokenResponse {
        guard let username = parameters["username"] else {
            throw OAuthError(.invalidRequest, "The parameter username is missing.")
        }
        guard let password = parameters["password"] else {
            throw OAuthError(.invalidRequest, "The parameter password is missing.")
        }
        guard let id = parts.settings.passwordConnectorID, let entry = parts.connectors[id], entry.allows(.password),
            let connector = entry.connector as? any PasswordConnector
        else { throw OAuthError(.unauthorizedClient, "The password grant has no connector.") }
        guard client.allows(connector: id) else { throw OAuthError(.invalidGrant, "The client may not use this connector.") }
        let scopes = parameters.words("scope")
        try await ScopeRule(clients: parts.clients, events: parts.events).check(scopes, for: client)

        let found = try await authenticate(connector, entry, username, password, scopes, client)
        let now = parts.clock.now
        let subject = TokenSubject(
            clientID: client.id, scopes: scopes, nonce: parameters["nonce"] ?? "",
            authentication: Authentication(
                identity: found.identity, connectorID: id, connectorData: found.connectorData, time: now, methods: found.methods),
            requestedClaims: [], grantID: Identifier.make(parts.random))
        let issued = try await parts.sign(subject)
        let refresh = parts.mayRefresh(scopes: scopes, connectorID: id) ? parts.makeRefreshGrant(for: subject, now: now) : nil
        if let refresh {
            do { try await parts.grants.insert(refresh.grant) } catch {
                throw OAuthError(error, doing: "store a refresh grant", toldTo: parts.events)
            }
        }
        return parts.answer(issued, to: subject, grant: .password, refreshToken: refresh?.token)
    }

    private func authenticate(
        _ connector: any PasswordConnector, _ entry: ConnectorRegistry.Entry, _ username: String, _ password: String,
        _ scopes: [String],
        _ client: Client
    ) async throws(OAuthError) -> ConnectorIdentity {
        let call = ConnectorCall(entry: entry, events: parts.events)
        do {
            if let found = try await call.authenticate(with: connector, username: username, password: password, scopes: scopes) {
                parts.events.record(.loginSucceeded(connectorID: entry.id, identity: found.identity, clientID: client.id))
                return found
            }
        } catch {
            parts.events.record(
                .loginFailed(
                    connectorID: entry.id, username: username, clientID: client.id, reason: LoginFailure(error),
                    detail: error.detail))
            switch error {
            case .unavailable, .overloaded:
                throw OAuthError(.temporarilyUnavailable, "Passwords cannot be checked now, try again.")
            case .gone, .refused, .denied: throw Self.wrong
            }
        }
        parts.events.record(
            .loginFailed(connectorID: entry.id, username: username, clientID: client.id, reason: .wrongCredentials, detail: ""))
        throw Self.wrong
    }

    /// RFC 6749 §5.2: wrong credentials of the resource owner are an invalid grant.
    private static let wrong = OAuthError(.invalidGrant, "The username or password is wrong.")
}

extension LoginFailure {
    init(_ error: ConnectorError) {
        switch error {
        case .unavailable: self = .unavailable
        case .overloaded: self = .overloaded
        case .gone, .refused: self = .refused
        case .denied: self = .denied
        }
    }
}
