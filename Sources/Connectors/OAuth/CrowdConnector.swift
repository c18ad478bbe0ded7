import Bytes
import JOSE
public import OpenIDConnect
public import Upstream

/// Dex's `atlassian-crowd`: names and passwords that Crowd checks.
public struct CrowdConnector: PasswordConnector, RefreshConnector {
    public var baseURL: String
    /// Empty: anybody may log in. Else one of them is needed, and no others are told.
    public var groups: [String] = []
    public var preferredUsername: PreferredUsername?
    /// Nil: "Username".
    public var prompt: String?
    private let authorization: UpstreamRequest.Header
    private let clientSecret: String
    private let exchange: any HTTPExchange

    public enum PreferredUsername: String, Sendable, Hashable {
        case key, name, email
    }

    /// - Parameter clientID: the application's name in Crowd.
    public init(baseURL: String, clientID: String, clientSecret: String, exchange: any HTTPExchange) {
        self.baseURL = baseURL
        self.clientSecret = clientSecret
        self.exchange = exchange
        authorization = .init("Authorization", "Basic " + Base64.encode(Array("\(clientID):\(clientSecret)".utf8)))
    }

    public var usernamePrompt: UsernamePrompt { prompt.map(UsernamePrompt.custom) ?? .username }

    public func authenticate(
        username: String, password: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity? {
        guard !username.isEmpty, !password.isEmpty else { return nil }
        let api = api(.signIn, secrets: [password])
        let url = address("/session")
        let body: JSON = ["username": .string(username), "password": .string(password)]
        let response = try await api.response(.posting(body, to: url))
        guard response.status == 201 else {
            // Whoever is refused, for whatever reason, learns no more than that.
            if let reason = reason(response), Self.refusals.contains(reason.exact) { return nil }
            throw unavailable(response, at: url, api)
        }
        let user = try await user(username, api)
        guard let user else { return nil }
        guard user["active"]?.bool != false else { throw .denied(.accountDisabled, "Crowd says that the account is not active") }
        var identity = try identity(of: user, api)
        identity.groups = try await groups(of: identity.username, asked: AskedScopes(scopes).groups, api)
        let memory: JSON = ["username": .string(username)]
        return ConnectorIdentity(
            identity: identity, connectorData: AskedScopes(scopes).offlineAccess ? memory.serialized() : nil, methods: ["pwd"])
    }

    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        guard let data = connectorData, let username = (try? JSON(parsing: data))?["username"]?.string, !username.isEmpty else {
            throw .gone("the name that was typed into the form was not kept")
        }
        let api = api(.refresh)
        guard let user = try await user(username, api) else { throw .gone("Crowd does not know the person any more") }
        guard user["active"]?.bool != false else { throw .gone("Crowd says that the account is not active") }
        // So that the person's session in Crowd lives on, too.
        let url = address("/session?validate-password=false")
        let response = try await api.response(.posting(["username": .string(username)], to: url))
        guard response.status == 201 else {
            if let reason = reason(response), Self.refusals.contains(reason.exact) {
                throw .gone("Crowd refuses the person: \(reason)")
            }
            throw unavailable(response, at: url, api)
        }
        var found = try self.identity(of: user, api)
        found.groups = try await groups(of: found.username, asked: AskedScopes(scopes).groups, api)
        return ConnectorIdentity(identity: found, connectorData: data, methods: ["pwd"])
    }
}

extension CrowdConnector {
    /// Crowd's words for a person who may not log in.
    private static let refusals: Set<ExactText> = [
        "INVALID_USER_AUTHENTICATION", "USER_NOT_FOUND", "INACTIVE_ACCOUNT", "EXPIRED_CREDENTIAL",
        "APPLICATION_ACCESS_DENIED",
    ]

    private func address(_ path: String) -> String { baseURL + "/rest/usermanagement/1" + path }

    private func api(_ purpose: Purpose, secrets: [String] = []) -> UpstreamAPI {
        UpstreamAPI(
            exchange: exchange,
            failure: UpstreamFailure(service: "Crowd", purpose: purpose, secrets: secrets + [clientSecret]),
            headers: [authorization])
    }

    private func reason(_ response: UpstreamResponse) -> String? {
        (try? JSON(parsing: response.body))?["reason"]?.string
    }

    /// `401` and `403` are about us here: the application's password, or its address.
    private func unavailable(_ response: UpstreamResponse, at url: String, _ api: UpstreamAPI) -> ConnectorError {
        switch response.status {
        case 401: .unavailable("Crowd does not accept the application; are clientID and clientSecret right?")
        case 403: .unavailable("Crowd does not take requests of this application from this machine")
        default: api.failure.error(response, at: url)
        }
    }

    private func content(_ request: UpstreamRequest, _ api: UpstreamAPI) async throws(ConnectorError) -> JSON? {
        let response = try await api.response(request)
        if response.status == 404, reason(response) == "USER_NOT_FOUND" { return nil }
        guard response.isSuccess else { throw unavailable(response, at: request.url, api) }
        return try api.content(of: response, at: request.url)
    }

    private func user(_ name: String, _ api: UpstreamAPI) async throws(ConnectorError) -> JSON? {
        try await content(UpstreamRequest(.get, address("/user?username=" + PercentEncoding.encode(name))), api)
    }

    private func identity(of user: JSON, _ api: UpstreamAPI) throws(ConnectorError) -> Identity {
        let key = user.text("key")
        guard !key.isEmpty else { throw api.failure.malformed("has no key", at: address("/user")) }
        return Identity(
            userID: key, username: user.text("name"), preferredUsername: preferredUsername.map { user.text($0.rawValue) } ?? "",
            email: user.text("email"), emailVerified: true)
    }

    /// Dex looks at the required groups only if the client asks for groups.
    private func groups(of name: String, asked: Bool, _ api: UpstreamAPI) async throws(ConnectorError) -> [String] {
        guard asked || !groups.isEmpty else { return [] }
        let all = try await allGroups(of: name, api)
        guard !groups.isEmpty else { return all }
        let found = all.only(groups)
        guard !found.isEmpty else { throw .denied(.notAMember, "the person in Crowd is in none of the required groups") }
        return found
    }

    private func allGroups(of name: String, _ api: UpstreamAPI) async throws(ConnectorError) -> [String] {
        let size = 1000
        let base = address("/user/group/nested?username=" + PercentEncoding.encode(name) + "&max-results=\(size)&start-index=")
        var names: [String] = []
        while names.count <= Paging.maximumElements {
            guard let page = try await content(UpstreamRequest(.get, base + String(names.count)), api)?["groups"]?.array else {
                throw api.failure.malformed("has no groups", at: base)
            }
            names += page.map { $0.text("name") }
            if page.count < size { return names.once() }
        }
        throw api.failure.malformed("has more than \(Paging.maximumElements) groups", at: base)
    }
}
