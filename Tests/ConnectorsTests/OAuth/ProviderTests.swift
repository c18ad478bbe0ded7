import Foundation
import JOSE
import OpenIDConnect
import Synchronization
import Testing
import Upstream

@testable import Connectors

@Suite struct `People of a generic provider` {
    private let service = FakeService()

    private func logIn(_ user: JSON, token: String = "at", scopes: [String] = ["openid"]) async throws -> Identity {
        service.on("POST https://p.example/token", ["access_token": .string(token)])
        service.on("GET https://p.example/me", user)
        let provider = GenericProvider(
            authorizationURL: "https://p.example/auth", tokenURL: "https://p.example/token",
            userInfoURL: "https://p.example/me")
        return try await FakeBrowser.logIn(OAuthConnector(testing: provider, service), scopes: scopes).identity
    }

    @Test func `are read by the configured names`() async throws {
        let found = try await logIn([
            "id": "7", "user_name": "Jane", "preferred_username": "jane", "email": "j@e", "email_verified": true,
            "groups": ["a", ["name": "b"], 7, "a"],
        ])
        #expect(
            found
                == Identity(userID: "7", username: "Jane", preferredUsername: "jane", email: "j@e", emailVerified: true))
    }

    @Test func `have the groups of both the user info and the token, where groups are asked for`() async throws {
        let claims: JSON = ["groups": ["b", "c"]]
        let token = "e30." + Base64URL.encode(claims.serialized()) + ".x"
        let user: JSON = ["id": "7", "groups": ["a", ["name": "b"], 7, "a"]]
        #expect(try await logIn(user, token: token, scopes: ["groups"]).groups == ["a", "b", "c"])
        #expect(try await logIn(user, token: token).groups == [])
        for odd in ["at", "a.b", "a.!!.c", "a.W10.c"] {
            #expect(try await logIn(user, token: odd, scopes: ["groups"]).groups == ["a", "b"])
        }
    }

    @Test func `have an id that is a text or a number, as Go writes it`() async throws {
        #expect(try await logIn(["id": 42]).userID == "42")
        #expect(try await logIn(["id": 12_345_678]).userID == "1.2345678e+07")
        for odd in [["id": true], ["id": ""], ["id": ["a"]], ["id": .null], [:], []] as [JSON] {
            #expect(await failure { try await logIn(odd) }?.kind == "unavailable")
        }
    }
}

@Suite struct `People of GitLab` {
    private let service = FakeService()
    private let base = "https://gitlab.com"

    init() {
        service.on("POST \(base)/oauth/token", ["access_token": "at-1", "refresh_token": "rt-1", "expires_in": 7200])
        service.on("GET \(base)/api/v4/user", ["id": 7, "username": "jane", "name": "Jane Doe", "email": "j@e"])
        service.on(
            "GET \(base)/oauth/userinfo",
            [
                "groups": ["ops", "dev", "dev/sub", "developer"], "https://gitlab.org/claims/groups/owner": ["ops"],
                "https://gitlab.org/claims/groups/maintainer": ["dev"],
                "https://gitlab.org/claims/groups/developer": ["developer"],
            ])
        service.on(
            "GET \(base)/api/v4/groups?all_available=false&per_page=100&page=1",
            .array((1...100).map { ["id": .integer($0), "full_path": .string("g\($0)"), "path": "x"] }))
        service.on(
            "GET \(base)/api/v4/groups?all_available=false&per_page=100&page=2",
            [["id": 200, "full_path": "ops/deep"], ["id": 201, "path": "short"]])
        service.on("GET \(base)/api/v4/groups/", ["message": "403 Forbidden"], status: 403)
        service.on("GET \(base)/api/v4/groups/201/members/all/7", ["access_level": 15])
    }

    private func connector(_ change: (inout GitLabProvider) -> Void = { _ in }) -> OAuthConnector<GitLabProvider> {
        var provider = GitLabProvider()
        change(&provider)
        return OAuthConnector(testing: provider, service)
    }

    private func groups(_ change: (inout GitLabProvider) -> Void) async throws -> [String] {
        try await FakeBrowser.logIn(connector(change), scopes: ["groups"]).identity.groups
    }

    @Test func `are who Dex says they are`() async throws {
        #expect(
            try await FakeBrowser.logIn(connector()).identity
                == Identity(userID: "7", username: "Jane Doe", preferredUsername: "jane", email: "j@e", emailVerified: true))
        #expect(try await FakeBrowser.logIn(connector { $0.usesLoginAsID = true }).identity.userID == "jane")
    }

    @Test func `have their groups, with their part in them where that is wanted`() async throws {
        #expect(try await groups { _ in } == ["ops", "dev", "dev/sub", "developer"])
        #expect(
            try await groups { $0.addsPermissions = true } == [
                "ops", "dev", "dev/sub", "developer", "ops:owner", "dev:maintainer", "dev/sub:maintainer",
                "developer:developer",
            ])
        #expect(try await groups { $0.groups = ["dev", "none"] } == ["dev"])
    }

    @Test func `inherit groups, page by page`() async throws {
        let all = try await groups { $0.inheritsGroups = true }
        #expect(all.count == 102)
        #expect(all.suffix(2) == ["ops/deep", "short"])
        let withPermissions = try await groups {
            $0.inheritsGroups = true
            $0.addsPermissions = true
        }
        #expect(withPermissions.suffix(3) == ["short", "ops/deep:owner", "short:planner"])
        #expect(
            try await FakeBrowser.leave(connector { $0.inheritsGroups = true }, scopes: ["groups"]).query["scope"]
                == "read_user openid read_api")
    }

    @Test func `stay outside without a required group`() async throws {
        let connector = connector { $0.groups = ["none"] }
        #expect(await failure { try await FakeBrowser.logIn(connector) }?.kind == "notAMember")
    }

    @Test func `are not logged out because something went wrong right after their token was replaced`() async throws {
        let connector = connector()
        let first = try await FakeBrowser.logIn(connector, scopes: ["offline_access"])
        let data = try #require(first.connectorData)
        // Each refresh token can be used once.
        let used = Mutex<Set<String>>([])
        service.on("POST \(base)/oauth/token") { request in
            let token = request.formFields["refresh_token"] ?? ""
            guard used.withLock({ $0.insert(token).inserted }) else { return .json(["error": "invalid_grant"], status: 400) }
            return .json(["access_token": .string("at of \(token)"), "refresh_token": .string(token + "+")])
        }
        service.on("GET \(base)/api/v4/user", [:], status: 503)
        #expect(
            await failure { try await connector.refresh(first.identity, connectorData: data, scopes: []) }?.kind == "unavailable")
        service.on("GET \(base)/api/v4/user", ["id": 7, "username": "jane", "name": "Jane Doe", "email": "j@e"])
        async let one = connector.refresh(first.identity, connectorData: data, scopes: [])
        async let two = connector.refresh(first.identity, connectorData: data, scopes: [])
        for again in [try await one, try await two] {
            #expect(GitLabProvider().memory.tokens(try #require(again.connectorData))?.refreshToken == "rt-1+")
        }
        let later = try await connector.refresh(first.identity, connectorData: try await one.connectorData, scopes: [])
        #expect(GitLabProvider().memory.tokens(try #require(later.connectorData))?.refreshToken == "rt-1++")
    }

    @Test func `get a new token at every refresh`() async throws {
        let connector = connector()
        let first = try await FakeBrowser.logIn(connector, scopes: ["offline_access"])
        let data = try #require(first.connectorData)
        #expect(String(decoding: data, as: UTF8.self) == #"{"accessToken":"at-1","refreshToken":"rt-1"}"#)
        service.on("POST \(base)/oauth/token", ["access_token": "at-2", "refresh_token": "rt-2"])
        let again = try await connector.refresh(first.identity, connectorData: data, scopes: [])
        #expect(
            String(decoding: try #require(again.connectorData), as: UTF8.self) == #"{"accessToken":"at-2","refreshToken":"rt-2"}"#
        )
        let next = again.connectorData
        service.on("POST \(base)/oauth/token", ["error": "invalid_grant"], status: 400)
        #expect(await failure { try await connector.refresh(first.identity, connectorData: next, scopes: []) }?.kind == "gone")
        service.on("POST \(base)/oauth/token", ["error": "invalid_client"], status: 401)
        #expect(
            await failure { try await connector.refresh(first.identity, connectorData: next, scopes: []) }?.kind == "unavailable")
    }
}

@Suite struct `People of Gitea` {
    private let service = FakeService()

    private func connector(_ change: (inout GiteaProvider) -> Void = { _ in }) -> OAuthConnector<GiteaProvider> {
        let base = "https://gitea.com"
        service.on("POST \(base)/login/oauth/access_token", ["access_token": "at-1"])
        service.on("GET \(base)/api/v1/user", ["id": 7, "login": "jane", "full_name": "", "email": "j@e"])
        service.on("GET \(base)/api/v1/user/teams?limit=50&page=", [])
        service.on(
            "GET \(base)/api/v1/user/teams?limit=50&page=1",
            [["name": "Owners", "organization": ["username": "acme"]], ["name": "dev", "organization": ["name": "acme"]]])
        service.on("GET \(base)/api/v1/user/teams?limit=50&page=2", [["name": "x", "organization": ["username": "other"]]])
        var provider = GiteaProvider()
        change(&provider)
        return OAuthConnector(testing: provider, service)
    }

    @Test func `are who Dex says they are`() async throws {
        #expect(
            try await FakeBrowser.logIn(connector()).identity
                == Identity(userID: "7", username: "j@e", preferredUsername: "jane", email: "j@e", emailVerified: true))
        #expect(
            try await FakeBrowser.logIn(connector { $0.loadsAllGroups = true }).identity.groups
                == ["acme", "acme:Owners", "acme:dev", "other", "other:x"])
        #expect(
            try await FakeBrowser.logIn(connector { $0.organizations = [Organization(name: "acme", teams: ["dev"])] })
                .identity.groups == ["acme", "acme:dev"])
    }

    @Test func `are logged out when Gitea takes their refresh token no more, and not when it does not know us`() async throws {
        let connector = connector()
        let data = Array(#"{"accessToken":"old","refreshToken":"rt","expiry":"2026-01-01T00:00:00Z"}"#.utf8)
        let identity = Identity(userID: "7", username: "", email: "", emailVerified: true)
        for (error, kind) in [("unauthorized_client", "gone"), ("invalid_grant", "gone"), ("invalid_client", "unavailable")] {
            service.on("POST https://gitea.com/login/oauth/access_token", ["error": .string(error)], status: 400)
            #expect(await failure { try await connector.refresh(identity, connectorData: data, scopes: []) }?.kind == kind)
        }
        service.on("POST https://gitea.com/login/oauth/access_token", ["error": "unauthorized_client"], status: 400)
        #expect(await failure { try await FakeBrowser.logIn(connector) }?.kind == "unavailable")
    }

    @Test func `stay outside without a required organization or team`() async throws {
        for organization in [Organization(name: "none"), Organization(name: "acme", teams: ["none"])] {
            let connector = connector { $0.organizations = [organization] }
            #expect(await failure { try await FakeBrowser.logIn(connector) }?.kind == "notAMember")
        }
    }
}

@Suite struct `People of Microsoft` {
    private let service = FakeService()
    private let graph = "https://graph.microsoft.com/v1.0"

    private func connector(
        proof: OAuthApplication.Proof? = nil, _ change: (inout MicrosoftProvider) -> Void = { _ in }
    ) -> OAuthConnector<MicrosoftProvider> {
        var provider = MicrosoftProvider()
        provider.tenant = "t1"
        change(&provider)
        service.on("POST https://login.microsoftonline.com/", ["access_token": "at-1", "refresh_token": "rt-1"])
        service.on(
            "GET \(graph)/me",
            [
                "id": "guid", "displayName": "Jane Doe", "userPrincipalName": "Jane@Example.com", "mailNickname": "jane",
                "onPremisesSamAccountName": .null,
            ])
        service.on(
            "POST \(graph)/me/getMemberGroups",
            ["value": .array((1...1500).map { .string("id-\($0)") }), "@odata.nextLink": .string("\(graph)/more?x=1")])
        service.on("POST \(graph)/more", ["value": ["id-1501"]])
        service.on("POST \(graph)/directoryObjects/getByIds") { request in
            let ids = request.json?["ids"]?.array?.compactMap(\.string) ?? []
            guard ids.count <= 1000 else { return .json(["error": ["code": "Request_BadRequest"]], status: 400) }
            return .json(["value": .array(ids.map { ["displayName": .string("name of \($0)")] })])
        }
        return OAuthConnector(
            provider, application: OAuthApplication(clientID: "app", proof: proof ?? .secret("app-secret")), exchange: service,
            clock: StoppedClock(), random: SystemRandom())
    }

    @Test func `are who Dex says they are`() async throws {
        #expect(
            try await FakeBrowser.logIn(connector()).identity
                == Identity(userID: "guid", username: "Jane Doe", email: "Jane@Example.com", emailVerified: true))
        let other = try await FakeBrowser.logIn(
            connector {
                $0.lowercasesEmail = true
                $0.preferredUsername = .mailNickname
            }
        ).identity
        #expect(other.email == "jane@example.com")
        #expect(other.preferredUsername == "jane")
    }

    @Test func `have groups in a tenant of their own, by name or id, however many`() async throws {
        let names = try await FakeBrowser.logIn(connector(), scopes: ["groups"]).identity.groups
        #expect(names.count == 1501)
        #expect(names.last == "name of id-1501")
        #expect(service.requests(to: "\(graph)/directoryObjects").count == 2)
        let ids = try await FakeBrowser.logIn(connector { $0.groupsAreIDs = true }, scopes: ["groups"]).identity.groups
        #expect(ids.first == "id-1")
        let common = connector { $0.tenant = "common" }
        #expect(try await FakeBrowser.logIn(common, scopes: ["groups"]).identity.groups == [])
        let asked = service.requests(to: "\(graph)/me/getMemberGroups").first?.json
        #expect(asked == ["securityEnabledOnly": false])
    }

    @Test func `need a required group, and keep the others unless told otherwise`() async throws {
        let all = try await FakeBrowser.logIn(connector { $0.groups = ["name of id-7"] }).identity.groups
        #expect(all.count == 1501)
        let filtered = connector {
            $0.groups = ["name of id-7"]
            $0.filtersGroups = true
        }
        #expect(try await FakeBrowser.logIn(filtered).identity.groups == ["name of id-7"])
        let outside = connector { $0.groups = ["none"] }
        #expect(await failure { try await FakeBrowser.logIn(outside) }?.kind == "notAMember")
    }

    @Test func `are asked for with the configured scopes and hints`() async throws {
        let connector = connector {
            $0.promptType = "login"
            $0.domainHint = "example.com"
        }
        let visit = try await FakeBrowser.leave(connector, scopes: ["groups", "offline_access"])
        #expect(visit.address == "https://login.microsoftonline.com/t1/oauth2/v2.0/authorize")
        #expect(visit.query["scope"] == "user.read directory.read.all offline_access")
        #expect(visit.query["prompt"] == "login")
        #expect(visit.query["domain_hint"] == "example.com")
    }

    @Test func `can be asked for with an assertion instead of a secret`() async throws {
        _ = try await FakeBrowser.logIn(connector(proof: .assertion { () async throws(ConnectorError) in "signed" }))
        let form = try #require(service.requests.first?.formFields)
        #expect(form["client_assertion"] == "signed")
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        #expect(form["client_id"] == "app")
        #expect(form["client_secret"] == nil)
        #expect(service.requests.first?[header: "Authorization"] == nil)
    }
}

@Suite struct `People of other providers` {
    private let service = FakeService()

    @Test func `LinkedIn gives a name and an address`() async throws {
        service.on("POST https://www.linkedin.com/oauth/v2/accessToken", ["access_token": "at-1"])
        service.on("GET https://api.linkedin.com/v2/me", ["id": "x1", "localizedFirstName": "Jane", "localizedLastName": "Doe"])
        service.on(
            "GET https://api.linkedin.com/v2/emailAddress", ["elements": [["handle~": ["emailAddress": "j@e"]]]])
        let found = try await FakeBrowser.logIn(OAuthConnector(testing: LinkedInProvider(), service), scopes: ["offline_access"])
        #expect(found.identity == Identity(userID: "x1", username: "Jane Doe", email: "j@e", emailVerified: true))
        #expect(found.connectorData.map { String(decoding: $0, as: UTF8.self) } == #"{"accessToken":"at-1"}"#)
        service.on("GET https://api.linkedin.com/v2/emailAddress", ["elements": []])
        let nobody = await failure { try await FakeBrowser.logIn(OAuthConnector(testing: LinkedInProvider(), service)) }
        #expect(nobody?.kind == "incompleteProfile")
    }

    @Test func `Bitbucket gives workspaces, and the part that somebody has in them`() async throws {
        let api = "https://api.bitbucket.org/2.0"
        service.on("POST https://bitbucket.org/site/oauth2/access_token", ["access_token": "at-1"])
        service.on("GET \(api)/user", ["uuid": "{1-2}", "username": "jane"])
        service.on(
            "GET \(api)/user/emails",
            [
                "values": [["email": "no@e", "is_primary": true, "is_confirmed": false]],
                "next": .string("\(api)/user/emails?page=2"),
            ])
        service.on(
            "GET \(api)/user/emails?page=2", ["values": [["email": "j@e", "is_primary": true, "is_confirmed": true]]])
        service.on(
            "GET \(api)/user/workspaces",
            ["values": [["workspace": ["slug": "acme"]]], "next": .string("\(api)/user/workspaces?page=2")])
        service.on("GET \(api)/user/workspaces?page=2", ["values": [["workspace": ["slug": "other"]]]])
        service.on("GET \(api)/user/workspaces/acme/permission", ["permission": "owner"])
        service.on("GET \(api)/user/workspaces/other/permission", [:], status: 403)
        func logIn(_ change: (inout BitbucketCloudProvider) -> Void) async throws -> Identity {
            var provider = BitbucketCloudProvider()
            change(&provider)
            return try await FakeBrowser.logIn(OAuthConnector(testing: provider, service), scopes: ["groups"]).identity
        }
        let all = try await logIn { $0.addsPermissions = true }
        #expect(
            all
                == Identity(
                    userID: "{1-2}", username: "jane", email: "j@e", emailVerified: true, groups: ["acme", "other", "acme:owner"])
        )
        #expect(service.requests.first?.formFields["redirect_uri"] == nil)
        #expect(try await logIn { $0.teams = ["other"] }.groups == ["other"])
        #expect(await failure { try await logIn { $0.teams = ["none"] } }?.kind == "notAMember")
    }

    @Test func `OpenShift is found by its metadata, once for all, and later where it was`() async throws {
        let api = "https://api.cluster.example:6443"
        let clock = MovingClock()
        var provider = OpenShiftProvider(issuer: api, exchange: service, clock: clock)
        provider.groups = ["admins"]
        let connector = OAuthConnector(testing: provider, service, clock: clock)
        #expect(await failure { try await connector.check() }?.kind == "unavailable")
        service.on(
            "GET \(api)/.well-known/oauth-authorization-server",
            [
                "authorization_endpoint": "https://oauth.example/authorize", "token_endpoint": "https://oauth.example/token",
                "code_challenge_methods_supported": ["plain", "S256"],
            ])
        service.on("POST https://oauth.example/token", ["access_token": "sha256~1", "token_type": "Bearer"])
        service.on(
            "GET \(api)/apis/user.openshift.io/v1/users/~",
            ["metadata": ["name": "jane", "uid": "u-1"], "groups": ["admins", "people"]])
        let found = try await FakeBrowser.logIn(connector, scopes: ["offline_access"])
        #expect(
            found.identity
                == Identity(
                    userID: "u-1", username: "jane", preferredUsername: "jane", email: "jane", emailVerified: false,
                    groups: ["admins", "people"]))
        #expect(
            found.connectorData.map { String(decoding: $0, as: UTF8.self) }
                == #"{"access_token":"sha256~1","token_type":"Bearer"}"#)
        #expect(service.requests.first { $0.method == .post }?.formFields["code_verifier"] != nil)
        #expect(service.requests(to: "\(api)/.well-known").count == 2)
        service.on("GET \(api)/.well-known/oauth-authorization-server", [:], status: 503)
        clock.advance(7200)
        #expect(connector.concern == nil)
        #expect(try await FakeBrowser.leave(connector).address == "https://oauth.example/authorize")
        #expect(connector.concern?.contains("OpenShift answered 503 at \(api)/.well-known") == true, "it goes on, and says so")
        service.on(
            "GET \(api)/apis/user.openshift.io/v1/users/~", ["metadata": ["name": "jane", "uid": "u-1"], "groups": ["people"]])
        #expect(await failure { try await FakeBrowser.logIn(connector) }?.kind == "notAMember")
    }

    @Test func `OpenShift's metadata cannot lead from https to http`() async throws {
        let api = "https://api.cluster.example:6443"
        service.on(
            "GET \(api)/.well-known/oauth-authorization-server",
            ["authorization_endpoint": "https://oauth.example/authorize", "token_endpoint": "http://oauth.example/token"])
        let provider = OpenShiftProvider(issuer: api, exchange: service, clock: StoppedClock())
        #expect(await failure { try await provider.endpoints() }?.kind == "unavailable")
    }
}
