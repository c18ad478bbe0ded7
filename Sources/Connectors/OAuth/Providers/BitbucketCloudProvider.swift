import JOSE
public import OpenIDConnect
import Upstream

/// Dex's `bitbucket-cloud`.
public struct BitbucketCloudProvider: RefreshableOAuthProvider {
    public var authURL = "https://bitbucket.org"
    public var apiURL = "https://api.bitbucket.org/2.0"
    /// Slugs of workspaces. Empty: anybody may log in. Else one of them is needed, and no others are told.
    public var teams: [String] = []
    /// Adds `workspace:permission`.
    public var addsPermissions = false

    /// One request each.
    static let maximumPermissions = 500

    public init() {}

    public var service: String { "Bitbucket" }
    public var memory: TokenMemory { .withExpiry(omitsEmpty: false) }
    public var alwaysRenews: Bool { false }
    /// It knows one address only, that of the registration.
    public var sendsRedirectURI: Bool { false }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        OAuthEndpoints(
            authorization: authURL + "/site/oauth2/authorize", token: authURL + "/site/oauth2/access_token", placement: .header)
    }

    public func scopes(for asked: AskedScopes) -> [String] { ["account", "email"] }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let user = try await session.api.get(apiURL + "/user")
        let id = user.text("uuid")
        guard !id.isEmpty else { throw session.failure.malformed("has no uuid", at: apiURL + "/user") }
        let addresses = try await session.api.elements(apiURL + "/user/emails", of: .member("next", list: "values"))
        guard
            let email = addresses.first(where: { $0["is_primary"]?.bool == true && $0["is_confirmed"]?.bool == true })?
                .text("email"), !email.isEmpty
        else { throw session.incomplete("no confirmed primary e-mail address") }
        var groups: [String] = []
        if session.asked.groups || !teams.isEmpty {
            groups = try session.required(teams, of: try await workspaces(session.api), called: "workspaces")
        }
        return Identity(userID: id, username: user.text("username"), email: email, emailVerified: true, groups: groups)
    }

    private func workspaces(_ api: UpstreamAPI) async throws(ConnectorError) -> [String] {
        let url = apiURL + "/user/workspaces"
        let slugs = try await api.elements(url, of: .member("next", list: "values"))
            .compactMap { $0["workspace"]?["slug"]?.string }.once()
        guard addsPermissions else { return slugs }
        guard slugs.count <= Self.maximumPermissions else {
            throw api.failure.malformed("has more than \(Self.maximumPermissions) workspaces", at: url)
        }
        var permissions: [String] = []
        for slug in slugs {
            let url = "\(url)/\(PercentEncoding.encode(slug))/permission"
            let response = try await api.response(UpstreamRequest(.get, url))
            // Somebody who may not know it has none.
            if response.status == 403 || response.status == 404 { continue }
            let permission = try api.content(of: response, at: url).text("permission")
            if !permission.isEmpty { permissions.append("\(slug):\(permission)") }
        }
        return slugs + permissions
    }
}
