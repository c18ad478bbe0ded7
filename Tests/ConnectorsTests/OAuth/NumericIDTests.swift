import JOSE
import OpenIDConnect
import Testing
import Upstream

@testable import Connectors

@Suite struct `Ids that are numbers` {
    private let service = FakeService()

    private func raw(_ id: String, _ further: String = "") -> UpstreamResponse {
        UpstreamResponse(status: 200, body: Array(#"{"id":\#(id),"login":"j","username":"j","email":"j@e"\#(further)}"#.utf8))
    }

    private func id<Provider: OAuthProvider>(_ connector: OAuthConnector<Provider>) async -> String? {
        try? await FakeBrowser.logIn(connector).identity.userID
    }

    /// What GitHub, GitLab and Gitea are asked for, where only whole numbers are ids.
    private func whole(_ literal: String) async -> [String?] {
        service.on("POST https://github.com/login/oauth/access_token", ["access_token": "at"])
        service.on("POST https://gitlab.com/oauth/token", ["access_token": "at"])
        service.on("POST https://gitea.com/login/oauth/access_token", ["access_token": "at"])
        for url in ["https://api.github.com/user", "https://gitlab.com/api/v4/user", "https://gitea.com/api/v1/user"] {
            service.on("GET \(url)") { [self] _ in raw(literal) }
        }
        return [
            await id(OAuthConnector(testing: GitHubProvider(), service)),
            await id(OAuthConnector(testing: GitLabProvider(), service)),
            await id(OAuthConnector(testing: GiteaProvider(), service)),
        ]
    }

    private func generic(_ literal: String) async -> String? {
        service.on("POST https://p.example/token", ["access_token": "at"])
        service.on("GET https://p.example/me") { [self] _ in raw(literal) }
        let provider = GenericProvider(
            authorizationURL: "https://p.example/auth", tokenURL: "https://p.example/token", userInfoURL: "https://p.example/me")
        return await id(OAuthConnector(testing: provider, service))
    }

    @Test(
        arguments: [
            // Dex's spelling as long as it means one number, and the digits where it would mean several.
            ("7", "7", "7"), ("0", "0", "0"), ("-1", "-1", "-1"), ("1000000", "1000000", "1e+06"),
            ("9007199254740991", "9007199254740991", "9.007199254740991e+15"),
            ("9007199254740992", "9007199254740992", "9.007199254740992e+15"),
            ("9007199254740993", "9007199254740993", "9007199254740993"),
            ("9007199254740994", "9007199254740994", "9.007199254740994e+15"),
            ("-9007199254740993", "-9007199254740993", "-9007199254740993"),
            ("9223372036854775807", "9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808", "-9.223372036854776e+18"),
            ("9223372036854775806", "9223372036854775806", "9223372036854775806"),
            // Nothing says to which of its neighbors these belong.
            ("9223372036854775808", nil, nil), ("18446744073709551615", nil, nil), ("18446744073709551616", nil, nil),
            ("9007199254740993.0", nil, nil), ("9007199254740992e0", nil, nil), ("1e16", nil, nil), ("1e400", nil, nil),
            ("-1e400", nil, nil),
            ("123456789012345678901234567890", nil, nil),
            // Other spellings of a small number are that number to Go's reader of any number, and to that of whole ones none.
            ("1e3", nil, "1000"), ("1.0", nil, "1"), ("1.5", nil, "1.5"),
            // A text is a text.
            (#""9007199254740993""#, nil, "9007199254740993"), (#""18446744073709551615""#, nil, "18446744073709551615"),
            ("null", nil, nil), ("true", nil, nil), ("[7]", nil, nil), (#"{"id":7}"#, nil, nil), ("007", nil, nil),
            ("0x7", nil, nil),
        ] as [(String, String?, String?)])
    func `are exact or none`(_ literal: String, _ wholeID: String?, _ text: String?) async {
        for found in await whole(literal) { #expect(found == wholeID, "\(literal)") }
        #expect(await generic(literal) == text, "\(literal)")
    }

    @Test func `of neighbors are never the same`() async {
        var seen: [String: String] = [:]
        for power in [52, 53, 54, 60, 62, 63] {
            for offset in -9...9 {
                let number = power == 63 ? Int64.max - 9 + Int64(offset) : Int64(1) << Int64(power) + Int64(offset)
                guard let found = await generic("\(number)") else { continue }
                #expect(seen.updateValue("\(number)", forKey: found) ?? "\(number)" == "\(number)", "\(found)")
            }
        }
        #expect(seen.count > 100)
    }

    @Test(
        arguments: ["7", "1e3", "1.0", "-1", "1.5", "9007199254740993", "18446744073709551615"])
    func `are none at an OpenID provider, as subject, user or group`(_ literal: String) throws {
        let number = try JSON(parsing: literal)
        let right: JSONObject = ["sub": "1", "name": "J", "email": "j@e", "email_verified": true, "uid": "u"]
        for key in ["sub", "uid"] {
            var claims = right
            claims[key] = number
            var rules = OIDCClaimRules()
            rules.userIDKey = key
            #expect(throws: ConnectorError.self) { try rules.identity(claims) }
        }
        var rules = OIDCClaimRules()
        rules.takesGroups = true
        for groups in [.array(["a", number]), .array([number])] as [JSON] {
            var claims = right
            claims["groups"] = groups
            #expect(throws: ConnectorError.self) { try rules.identity(claims) }
        }
    }

    @Test func `are none elsewhere, where an id is a text`() async throws {
        service.on("POST https://login.microsoftonline.com/common/oauth2/v2.0/token", ["access_token": "at"])
        service.on(
            "GET https://graph.microsoft.com/v1.0/me",
            ["id": 9_007_199_254_740_993, "displayName": "J", "userPrincipalName": "j@e"])
        #expect(await id(OAuthConnector(testing: MicrosoftProvider(), service)) == nil)
        service.on("POST https://www.linkedin.com/oauth/v2/accessToken", ["access_token": "at"])
        service.on("GET https://api.linkedin.com/v2/me", ["id": 7])
        #expect(await id(OAuthConnector(testing: LinkedInProvider(), service)) == nil)
        service.on("POST https://bitbucket.org/site/oauth2/access_token", ["access_token": "at"])
        service.on("GET https://api.bitbucket.org/2.0/user", ["uuid": 7])
        #expect(await id(OAuthConnector(testing: BitbucketCloudProvider(), service)) == nil)
        service.on("POST https://crowd.example/rest/usermanagement/1/session", [:], status: 201)
        service.on(
            "GET https://crowd.example/rest/usermanagement/1/user", ["key": 7, "name": "j", "email": "j@e", "active": true])
        let crowd = CrowdConnector(baseURL: "https://crowd.example", clientID: "a", clientSecret: "s", exchange: service)
        #expect(await failure { try await crowd.authenticate(username: "j", password: "p", scopes: []) }?.kind == "unavailable")
        service.on(
            "POST https://stack.example/v3/auth/tokens", ["token": ["user": ["id": 7]]], status: 201,
            headers: [("X-Subject-Token", "t")])
        let keystone = KeystoneConnector(
            host: "https://stack.example", domain: "default", administrator: "a", password: "p", exchange: service)
        #expect(
            await failure { try await keystone.authenticate(username: "j", password: "p", scopes: []) }?.kind == "unavailable")
    }
}
