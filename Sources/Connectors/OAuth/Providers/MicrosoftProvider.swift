import Bytes
import JOSE
public import OpenIDConnect
import Upstream

/// Dex's `microsoft`: accounts of Entra ID, and of Microsoft itself.
public struct MicrosoftProvider: RefreshableOAuthProvider {
    /// An id, a domain, `common`, `organizations` or `consumers`.
    public var tenant = "common"
    public var loginURL = "https://login.microsoftonline.com"
    public var graphURL = "https://graph.microsoft.com"
    public var scopes = ["user.read"]
    public var onlySecurityGroups = false
    /// Empty: anybody may log in. Else one of them is needed.
    public var groups: [String] = []
    public var groupsAreIDs = false
    /// Whether ``groups`` are also the only ones that are told.
    public var filtersGroups = false
    public var lowercasesEmail = false
    public var promptType: String?
    public var domainHint: String?
    public var preferredUsername: PreferredUsername?

    public enum PreferredUsername: String, Sendable, Hashable {
        case name = "displayName"
        case email = "userPrincipalName"
        case mailNickname
        case onPremisesSamAccountName
    }

    /// The most that Microsoft Graph resolves at once.
    private static let batchSize = 1000

    public init() {}

    public var service: String { "Microsoft" }
    public var memory: TokenMemory { .withExpiry(omitsEmpty: false) }
    public var alwaysRenews: Bool { false }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        let base = "\(loginURL)/\(tenant)/oauth2/v2.0"
        return OAuthEndpoints(authorization: base + "/authorize", token: base + "/token", placement: .form, challenge: .sha256)
    }

    public func scopes(for asked: AskedScopes) -> [String] {
        scopes + (needsGroups(asked) ? ["directory.read.all"] : []) + (asked.offlineAccess ? ["offline_access"] : [])
    }

    public func parameters(for asked: AskedScopes) -> [OAuthParameter] {
        [promptType.map { OAuthParameter("prompt", $0) }, domainHint.map { OAuthParameter("domain_hint", $0) }].compactMap { $0 }
    }

    /// Only one concrete tenant has groups.
    private func needsGroups(_ asked: AskedScopes) -> Bool {
        (asked.groups || !groups.isEmpty) && !["common", "organizations", "consumers"].containsExactly(tenant)
    }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let url = graphURL + "/v1.0/me?$select=id,displayName,userPrincipalName,mailNickname,onPremisesSamAccountName"
        let user = try await session.api.get(url)
        let id = user.text("id")
        guard !id.isEmpty else { throw session.failure.malformed("has no id", at: url) }
        var email = user.text("userPrincipalName")
        if lowercasesEmail { email = email.asciiLowercased }
        let preferred = preferredUsername.map { $0 == .email ? email : user.text($0.rawValue) }
        return Identity(
            userID: id, username: user.text("displayName"), preferredUsername: preferred ?? "", email: email,
            emailVerified: true, groups: needsGroups(session.asked) ? try await groups(session) : [])
    }

    private func groups(_ session: OAuthSession) async throws(ConnectorError) -> [String] {
        let ids = try await values(session.api, "/v1.0/me/getMemberGroups", ["securityEnabledOnly": .bool(onlySecurityGroups)])
            .compactMap(\.string)
        let all = groupsAreIDs ? ids : try await names(of: ids, session.api)
        let required = try session.required(groups, of: all.once())
        guard filtersGroups else { return all.once() }
        return groups.isEmpty ? [] : required
    }

    private func names(of ids: [String], _ api: UpstreamAPI) async throws(ConnectorError) -> [String] {
        var names: [String] = []
        for start in stride(from: 0, to: ids.count, by: Self.batchSize) {
            let batch = ids[start..<min(start + Self.batchSize, ids.count)].map { JSON.string($0) }
            names += try await values(
                api, "/v1.0/directoryObjects/getByIds", ["ids": .array(batch), "types": ["group"]]
            ).compactMap { $0["displayName"]?.string }
        }
        return names
    }

    /// The next page is asked for like the first one, with the same body.
    private func values(_ api: UpstreamAPI, _ path: String, _ body: JSON) async throws(ConnectorError) -> [JSON] {
        try await api.elements(
            UpstreamRequest.posting(body, to: graphURL + path), of: .member("@odata.nextLink", list: "value"))
    }
}
