import Bytes
import JOSE
public import OpenIDConnect
import Upstream

/// Dex's `github`: github.com, or a GitHub Enterprise Server.
public struct GitHubProvider: RefreshableOAuthProvider {
    /// Nil: github.com.
    public var hostName: String?
    public var organizations: [Organization] = []
    /// Dex's old key: one organization, whose teams become groups without its name in front.
    public var legacyOrganization: String?
    public var teamNames = TeamNames.name
    public var loadsAllGroups = false
    public var usesLoginAsID = false
    /// `example.com` or `*.example.com`.
    public var preferredEmailDomain: String?

    public enum TeamNames: String, Sendable, Hashable {
        case name, slug, both
    }

    public init() {}

    public var service: String { "GitHub" }
    public var memory: TokenMemory { .withExpiry(omitsEmpty: true) }
    public var alwaysRenews: Bool { false }

    private var site: String { "https://" + (hostName ?? "github.com") }
    private var apiURL: String { hostName.map { "https://\($0)/api/v3" } ?? "https://api.github.com" }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        OAuthEndpoints(
            authorization: site + "/login/oauth/authorize", token: site + "/login/oauth/access_token", placement: .form,
            challenge: .sha256)
    }

    public func scopes(for asked: AskedScopes) -> [String] {
        needsGroups(asked) ? ["user:email", "read:org"] : ["user:email"]
    }

    private func needsGroups(_ asked: AskedScopes) -> Bool {
        asked.groups || !organizations.isEmpty || legacyOrganization != nil
    }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let api = session.api.adding(.init("X-GitHub-Api-Version", "2022-11-28"))
        let user = try await api.get(apiURL + "/user")
        let login = user.text("login")
        guard let id = user["id"]?.wholeID, !login.isEmpty else {
            throw session.failure.malformed("has no id or login", at: apiURL + "/user")
        }
        let name = user.text("name")
        var email = user.text("email")
        if email.isEmpty || preferredEmailDomain != nil { email = try await self.email(api, session) }
        return Identity(
            userID: usesLoginAsID ? login : String(id), username: name.isEmpty ? login : name, preferredUsername: login,
            email: email, emailVerified: true,
            groups: needsGroups(session.asked) ? try await groups(of: login, api, session).once() : [])
    }
}

// E-mail addresses
extension GitHubProvider {
    private func email(_ api: UpstreamAPI, _ session: OAuthSession) async throws(ConnectorError) -> String {
        let all = try await api.elements(apiURL + "/user/emails?per_page=100", of: .link)
        // An Enterprise Server does not verify addresses.
        let verified = all.filter { hostName != nil || $0["verified"]?.bool == true }
        let preferred = verified.first { isPreferred($0.text("email")) }
        guard let email = (preferred ?? verified.last { $0["primary"]?.bool == true })?.text("email"), !email.isEmpty else {
            throw session.incomplete("no verified primary e-mail address")
        }
        return email
    }

    private func isPreferred(_ email: String) -> Bool {
        guard let wanted = preferredEmailDomain, let (_, domain) = email.cutOnce(at: "@") else { return false }
        let labels = domain.cut(at: ".")
        let pattern = wanted.cut(at: ".")
        return labels.count == pattern.count && zip(labels, pattern).allSatisfy { $0.hasSameBytes(as: $1) || $1 == "*" }
    }
}

// Organizations and teams
extension GitHubProvider {
    private func groups(
        of login: String, _ api: UpstreamAPI, _ session: OAuthSession
    ) async throws(ConnectorError) -> [String] {
        if !organizations.isEmpty { return try await groupsOfOrganizations(login, api, session) }
        if let legacyOrganization {
            // Dex's documentation promises this check, and its code has lost it.
            guard try await isMember(login, of: legacyOrganization, api) else {
                throw session.notAMember("not in the required organization")
            }
            return try await teams(api).filter { $0.organization.hasSameBytes(as: legacyOrganization) }.flatMap { names(of: $0) }
        }
        guard session.asked.groups, loadsAllGroups else { return [] }
        let organizations = try await api.elements(apiURL + "/user/orgs?per_page=100", of: .link).map { $0.text("login") }
        let teams = try await teams(api)
        return organizations.flatMap { organization in
            [organization]
                + teams.filter { $0.organization.hasSameBytes(as: organization) }.flatMap { names(of: $0) }
                .map { Organization.group(organization, $0) }
        }
    }

    /// Somebody who is in one of the organizations, and there in one of the teams if any are named, may log in.
    private func groupsOfOrganizations(
        _ login: String, _ api: UpstreamAPI, _ session: OAuthSession
    ) async throws(ConnectorError) -> [String] {
        var groups: [String] = []
        var isMember = false
        var known: [Team]?
        for organization in organizations {
            guard try await self.isMember(login, of: organization.name, api) else { continue }
            let all: [Team]
            if let known { all = known } else { all = try await teams(api) }
            known = all
            var names = all.filter { $0.organization.hasSameBytes(as: organization.name) }.flatMap { self.names(of: $0) }
            if organization.teams.isEmpty {
                isMember = true
            } else {
                names = names.only(organization.teams)
            }
            groups += names.map { Organization.group(organization.name, $0) }
        }
        guard isMember || !groups.isEmpty else { throw session.notAMember("in none of the required organizations or teams") }
        return groups
    }

    private func isMember(_ login: String, of organization: String, _ api: UpstreamAPI) async throws(ConnectorError) -> Bool {
        let url = apiURL + "/orgs/\(PercentEncoding.encode(organization))/members/\(PercentEncoding.encode(login))"
        let response = try await api.response(UpstreamRequest(.get, url))
        switch response.status {
        case 204: return true
        // 302: the person may not look at the members of this organization, and so is not one of them.
        case 302, 404: return false
        default: throw api.failure.error(response, at: url)
        }
    }

    private struct Team {
        let organization: String
        let name: String
        let slug: String
    }

    private func teams(_ api: UpstreamAPI) async throws(ConnectorError) -> [Team] {
        try await api.elements(apiURL + "/user/teams?per_page=100", of: .link).map { team in
            Team(organization: team["organization"]?.text("login") ?? "", name: team.text("name"), slug: team.text("slug"))
        }
    }

    private func names(of team: Team) -> [String] {
        switch teamNames {
        case .name: [team.name]
        case .slug: [team.slug]
        case .both: [team.name, team.slug]
        }
    }
}
