import Bytes
import JOSE
public import OpenIDConnect
import Upstream

/// Dex's `gitlab`: gitlab.com, or a GitLab of one's own.
public struct GitLabProvider: RefreshableOAuthProvider {
    public var baseURL = "https://gitlab.com"
    /// Empty: anybody may log in. Else one of them is needed, and no others are told.
    public var groups: [String] = []
    public var usesLoginAsID = false
    /// Adds `group:owner` and the like.
    public var addsPermissions = false
    /// Also groups in which somebody is because of a group above.
    public var inheritsGroups = false

    /// One request each.
    static let maximumPermissions = 500

    public init() {}

    public var service: String { "GitLab" }
    public var memory: TokenMemory { .accessAndRefreshToken }
    public var alwaysRenews: Bool { true }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        OAuthEndpoints(
            authorization: baseURL + "/oauth/authorize", token: baseURL + "/oauth/token", placement: .form, challenge: .sha256)
    }

    public func scopes(for asked: AskedScopes) -> [String] {
        guard needsGroups(asked) else { return ["read_user"] }
        return ["read_user", "openid"] + (inheritsGroups ? ["read_api"] : [])
    }

    private func needsGroups(_ asked: AskedScopes) -> Bool { asked.groups || !groups.isEmpty }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let url = baseURL + "/api/v4/user"
        let user = try await session.api.get(url)
        let login = user.text("username")
        guard let id = user["id"]?.wholeID, !login.isEmpty else {
            throw session.failure.malformed("has no id or username", at: url)
        }
        let name = user.text("name")
        let email = user.text("email")
        var found: [String] = []
        if needsGroups(session.asked) {
            let all = try await inheritsGroups ? inherited(session.api, userID: id) : direct(session.api)
            found = try session.required(groups, of: all.once())
        }
        return Identity(
            userID: usesLoginAsID ? login : String(id), username: name.isEmpty ? email : name, preferredUsername: login,
            email: email, emailVerified: true, groups: found)
    }
}

extension GitLabProvider {
    private func direct(_ api: UpstreamAPI) async throws(ConnectorError) -> [String] {
        let user = try await api.get(baseURL + "/oauth/userinfo")
        let groups = user.texts("groups")
        guard addsPermissions else { return groups }
        let permissions = Permissions(user)
        return groups + groups.compactMap { group in permissions.of(group).map { "\(group):\($0)" } }
    }

    private func inherited(_ api: UpstreamAPI, userID: Int64) async throws(ConnectorError) -> [String] {
        let base = baseURL + "/api/v4/groups?all_available=false&per_page=100&page="
        let records = try await api.elements(
            base + "1", of: .numbered(untilFewerThan: 100) { "\(base)\($0)" }
        ).compactMap { record -> (id: Int64?, path: String)? in
            let path = record["full_path"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? record.text("path")
            return path.isEmpty ? nil : (record["id"]?.wholeID, path)
        }
        let paths = records.map(\.path)
        guard addsPermissions else { return paths }
        let permissions = Permissions(try await api.get(baseURL + "/oauth/userinfo"))
        let known = paths.compactMap { path in permissions.of(path).map { "\(path):\($0)" } }
        let unknown = records.filter { permissions.of($0.path) == nil }
        guard unknown.count <= Self.maximumPermissions else {
            throw api.failure.malformed("has more than \(Self.maximumPermissions) groups without permissions", at: base)
        }
        var asked: [String] = []
        for record in unknown {
            guard let id = record.id else { throw api.failure.malformed("has a group without id", at: base) }
            if let level = try await permission(in: id, of: userID, api) { asked.append("\(record.path):\(level)") }
        }
        return paths + known + asked
    }

    /// Nil if there is none, or none that may be seen.
    private func permission(in group: Int64, of user: Int64, _ api: UpstreamAPI) async throws(ConnectorError) -> String? {
        let url = "\(baseURL)/api/v4/groups/\(group)/members/all/\(user)"
        let response = try await api.response(UpstreamRequest(.get, url))
        if response.status == 403 || response.status == 404 { return nil }
        return Self.accessLevels[try api.content(of: response, at: url)["access_level"]?.integer ?? 0]
    }

    private static let accessLevels: [Int64: String] = [
        5: "minimal_access", 10: "guest", 15: "planner", 20: "reporter", 25: "security_manager", 30: "developer",
        40: "maintainer", 50: "owner", 60: "admin",
    ]
}

/// What GitLab's user info says about somebody's part in groups.
private struct Permissions {
    private let levels: [(name: String, groups: [String])]

    init(_ user: JSON) {
        levels = ["owner", "maintainer", "developer"].map { ($0, user.texts("https://gitlab.org/claims/groups/\($0)")) }
    }

    /// The highest; one in a group is one in all groups below it.
    func of(_ path: String) -> String? {
        levels.first { $0.groups.contains { path.hasSameBytes(as: $0) || path.startsWithBytes(of: $0 + "/") } }?.name
    }
}
