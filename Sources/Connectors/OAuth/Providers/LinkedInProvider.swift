import JOSE
public import OpenIDConnect

/// Dex's `linkedin`: applications that have LinkedIn's old product, with `r_liteprofile` and `r_emailaddress`.
public struct LinkedInProvider: RefreshableOAuthProvider {
    public var authURL = "https://www.linkedin.com"
    public var apiURL = "https://api.linkedin.com/v2"

    public init() {}

    public var service: String { "LinkedIn" }
    public var memory: TokenMemory { .accessToken }
    public var alwaysRenews: Bool { false }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        OAuthEndpoints(
            authorization: authURL + "/oauth/v2/authorization", token: authURL + "/oauth/v2/accessToken", placement: .form)
    }

    public func scopes(for asked: AskedScopes) -> [String] { ["r_liteprofile", "r_emailaddress"] }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let profile = try await session.api.get(apiURL + "/me")
        let id = profile.text("id")
        guard !id.isEmpty else { throw session.failure.malformed("has no id", at: apiURL + "/me") }
        let addresses = try await session.api.get(apiURL + "/emailAddress?q=members&projection=(elements*(handle~))")
        let email = addresses["elements"]?.array?.last?["handle~"]?.text("emailAddress") ?? ""
        guard !email.isEmpty else { throw session.incomplete("no e-mail address") }
        let names = [profile.text("localizedFirstName"), profile.text("localizedLastName")].filter { !$0.isEmpty }
        return Identity(
            userID: id, username: names.isEmpty ? email : names.joined(separator: " "), email: email, emailVerified: true)
    }
}
