import Bytes
import JOSE
public import OpenIDConnect
public import Upstream

/// Dex's `keystone`: names and passwords that OpenStack checks, by version 3 of its Identity API.
public struct KeystoneConnector: PasswordConnector, RefreshConnector {
    private let host: String
    private let domain: JSON
    private let administrator: String
    private let password: String
    private let exchange: any HTTPExchange

    /// - Parameters:
    ///   - domain: an id if it is a UUID or `default`, else a name.
    ///   - administrator: who asks about people that are not there.
    public init(host: String, domain: String, administrator: String, password: String, exchange: any HTTPExchange) {
        self.host = host
        self.domain = Self.isID(domain) ? ["id": .string(domain)] : ["name": .string(domain)]
        self.administrator = administrator
        self.password = password
        self.exchange = exchange
    }

    public var usernamePrompt: UsernamePrompt { .username }

    public func authenticate(
        username: String, password: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity? {
        guard !username.isEmpty, !password.isEmpty else { return nil }
        guard let token = try await token(username, password, .signIn) else { return nil }
        let api = api(token.text, .signIn)
        var identity = Identity(userID: token.userID, username: username, email: "", emailVerified: false)
        if AskedScopes(scopes).groups { identity.groups = try await groups(of: token.userID, api) }
        let url = address(of: token.userID)
        let response = try await api.response(UpstreamRequest(.get, url))
        // A policy may keep people from reading about themselves.
        if response.status != 403, response.status != 404 {
            try setEmail(of: &identity, from: try api.content(of: response, at: url))
        }
        return ConnectorIdentity(identity: identity, methods: ["pwd"])
    }

    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        guard let token = try await token(administrator, password, .refresh) else {
            throw .unavailable("Keystone does not accept keystoneUsername and keystonePassword")
        }
        let api = api(token.text, .refresh)
        let url = address(of: identity.userID)
        let response = try await api.response(UpstreamRequest(.get, url))
        if response.status == 404 { throw .gone("Keystone does not know the person any more") }
        guard response.status != 401, response.status != 403 else {
            throw .unavailable("Keystone does not let keystoneUsername read people: \(response.status) at \(url)")
        }
        let user = try api.content(of: response, at: url)
        guard user["user"]?["enabled"]?.bool != false else { throw .gone("Keystone says that the account is disabled") }
        var found = identity
        try setEmail(of: &found, from: user)
        if AskedScopes(scopes).groups { found.groups = try await groups(of: identity.userID, api) }
        return ConnectorIdentity(identity: found, connectorData: connectorData, methods: ["pwd"])
    }
}

extension KeystoneConnector {
    /// Dex's rule, which is that of Go's `uuid.Parse`: 32 hexadecimal digits, with or without hyphens.
    private static func isID(_ domain: String) -> Bool {
        if domain == "default" { return true }
        let groups = domain.cut(at: "-")
        let lengths = groups.map(\.utf8.count)
        return (lengths == [32] || lengths == [8, 4, 4, 4, 12]) && groups.allSatisfy { $0.utf8.allSatisfy(\.isASCIIHexDigit) }
    }

    private struct Token {
        let text: String
        let userID: String
    }

    /// Nil: wrong name or password.
    private func token(_ username: String, _ password: String, _ purpose: Purpose) async throws(ConnectorError) -> Token? {
        let url = host + "/v3/auth/tokens"
        let failure = UpstreamFailure(service: "Keystone", purpose: purpose, secrets: [password])
        let api = UpstreamAPI(exchange: exchange, failure: failure)
        let user: JSON = ["name": .string(username), "domain": domain, "password": .string(password)]
        let response = try await api.response(
            .posting(["auth": ["identity": ["methods": ["password"], "password": ["user": user]]]], to: url))
        if response.status == 401 { return nil }
        guard response.status != 403 else { throw .unavailable("Keystone refuses to check passwords: 403 at \(url)") }
        let content = try api.content(of: response, at: url)
        guard let text = response[header: "X-Subject-Token"], !text.isEmpty, let userID = content["token"]?["user"]?.text("id"),
            !userID.isEmpty
        else { throw failure.malformed("has no X-Subject-Token or no user id", at: url) }
        return Token(text: text, userID: userID)
    }

    private func api(_ token: String, _ purpose: Purpose) -> UpstreamAPI {
        UpstreamAPI(
            exchange: exchange, failure: UpstreamFailure(service: "Keystone", purpose: purpose, secrets: [token]),
            headers: [.init("X-Auth-Token", token)])
    }

    private func address(of userID: String) -> String { host + "/v3/users/" + PercentEncoding.encode(userID) }

    private func setEmail(of identity: inout Identity, from content: JSON) throws(ConnectorError) {
        identity.email = content["user"]?.text("email") ?? ""
        identity.emailVerified = !identity.email.isEmpty
    }

    private func groups(of userID: String, _ api: UpstreamAPI) async throws(ConnectorError) -> [String] {
        let url = address(of: userID) + "/groups"
        let response = try await api.response(UpstreamRequest(.get, url))
        guard response.status != 401, response.status != 403 else {
            throw .unavailable("Keystone does not let groups be read: \(response.status) at \(url)")
        }
        return (try api.content(of: response, at: url)["groups"]?.array ?? []).map { $0.text("name") }.once()
    }
}
