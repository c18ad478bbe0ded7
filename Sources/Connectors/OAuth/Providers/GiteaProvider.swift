import Bytes
import JOSE
public import OpenIDConnect
import Upstream

/// Dex's `gitea`: gitea.com, or a Gitea or Forgejo of one's own.
public struct GiteaProvider: RefreshableOAuthProvider {
    public var baseURL = "https://gitea.com"
    public var organizations: [Organization] = []
    public var loadsAllGroups = false
    public var usesLoginAsID = false

    public init() {}

    public var service: String { "Gitea" }
    public var memory: TokenMemory { .withExpiry(omitsEmpty: false) }
    public var alwaysRenews: Bool { false }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        var endpoints = OAuthEndpoints(
            authorization: baseURL + "/login/oauth/authorize", token: baseURL + "/login/oauth/access_token", placement: .form,
            challenge: .sha256)
        // Gitea's word for a refresh token that was used or has expired; a wrong secret is `invalid_client` there.
        endpoints.deadTokenErrors = ["unauthorized_client"]
        return endpoints
    }

    public func scopes(for asked: AskedScopes) -> [String] { [] }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let url = baseURL + "/api/v1/user"
        let user = try await session.api.get(url)
        let login = user.text("login")
        guard let id = user["id"]?.wholeID, !login.isEmpty else {
            throw session.failure.malformed("has no id or login", at: url)
        }
        let name = user.text("full_name")
        let email = user.text("email")
        return Identity(
            userID: usesLoginAsID ? login : String(id), username: name.isEmpty ? email : name, preferredUsername: login,
            email: email, emailVerified: true, groups: try await groups(session))
    }

    /// `org` and `org:team`.
    private func groups(_ session: OAuthSession) async throws(ConnectorError) -> [String] {
        guard loadsAllGroups || !organizations.isEmpty else { return [] }
        let base = baseURL + "/api/v1/user/teams?limit=50&page="
        // A server may give fewer than 50 at once, so that only an empty page is the last one.
        let teams = try await session.api.elements(base + "1", of: .numbered(untilFewerThan: 1) { "\(base)\($0)" })
        let all = teams.flatMap { team -> [String] in
            guard let organization = team["organization"] else { return [] }
            // `username` is the old name of `name`.
            let name = organization.text(organization["username"] == nil ? "name" : "username")
            return [name, Organization.group(name, team.text("name"))]
        }.once()
        let wanted = organizations.flatMap { organization in
            [organization.name] + organization.teams.map { Organization.group(organization.name, $0) }
        }
        guard !organizations.isEmpty else { return all }
        let found = try session.required(wanted, of: all, called: "organizations")
        guard organizations.contains(where: { isMember(of: $0, found) }) else {
            throw session.notAMember("in none of the required teams")
        }
        return found
    }

    /// Dex lets in whoever is in the organization, though it promises that one of the teams is needed.
    private func isMember(of organization: Organization, _ groups: [String]) -> Bool {
        let wanted = organization.teams.map { Organization.group(organization.name, $0) }
        return !groups.only(wanted.isEmpty ? [organization.name] : wanted).isEmpty
    }
}
