import Foundation
import JOSE
import OpenIDConnect
import Testing
import Upstream

@testable import Connectors

@Suite struct `People of GitHub` {
    private let service = FakeService()
    private let api = "https://api.github.com"

    init() {
        service.on("POST https://github.com/login/oauth/access_token", ["access_token": "gho-1", "token_type": "bearer"])
        service.on("GET \(api)/user", ["id": 12_345_678, "login": "jane", "name": "Jane Doe", "email": "jane@example.com"])
        service.on(
            "GET \(api)/user/teams",
            [team("Web People", "web-people", of: "acme"), team("Ops", "ops", of: "acme")],
            headers: [("Link", "<\(api)/user/teams?per_page=100&page=2>; rel=\"next\"")])
        service.on("GET \(api)/user/teams?per_page=100&page=2", [team("Web People", "web-people", of: "other")])
        service.on("GET \(api)/user/orgs", [["login": "acme"], ["login": "lonely"], ["login": "other"]])
        service.on("GET \(api)/orgs/acme/members/jane") { _ in UpstreamResponse(status: 204) }
        service.on("GET \(api)/orgs/hidden/members/jane") { _ in UpstreamResponse(status: 302) }
    }

    private func team(_ name: String, _ slug: String, of organization: String) -> JSON {
        ["name": .string(name), "slug": .string(slug), "organization": ["login": .string(organization)]]
    }

    private func connector(_ change: (inout GitHubProvider) -> Void = { _ in }) -> OAuthConnector<GitHubProvider> {
        var provider = GitHubProvider()
        change(&provider)
        return OAuthConnector(testing: provider, service)
    }

    private func groups(
        scopes: [String] = ["openid", "groups"], _ change: (inout GitHubProvider) -> Void
    ) async throws -> [String] {
        try await FakeBrowser.logIn(connector(change), scopes: scopes).identity.groups
    }

    @Test func `are who Dex says they are`() async throws {
        let found = try await FakeBrowser.logIn(connector(), scopes: ["openid"]).identity
        #expect(
            found
                == Identity(
                    userID: "12345678", username: "Jane Doe", preferredUsername: "jane", email: "jane@example.com",
                    emailVerified: true))
        #expect(service.requests.last?[header: "X-GitHub-Api-Version"] == "2022-11-28")
        service.on("GET \(api)/user", ["id": 7, "login": "jane", "name": .null, "email": "j@e"])
        let other = try await FakeBrowser.logIn(connector { $0.usesLoginAsID = true }).identity
        #expect(other.userID == "jane")
        #expect(other.username == "jane")
    }

    @Test func `are asked for their organizations only where groups matter`() async throws {
        #expect(try await FakeBrowser.leave(connector()).query["scope"] == "user:email")
        #expect(try await FakeBrowser.leave(connector(), scopes: ["groups"]).query["scope"] == "user:email read:org")
        let restricted = connector { $0.organizations = [Organization(name: "acme")] }
        #expect(try await FakeBrowser.leave(restricted).query["scope"] == "user:email read:org")
    }

    @Test func `have their teams as groups`() async throws {
        #expect(try await groups { $0.organizations = [Organization(name: "acme")] } == ["acme:Web People", "acme:Ops"])
        #expect(
            try await groups { $0.organizations = [Organization(name: "acme", teams: ["Ops", "Nobody"])] } == ["acme:Ops"])
        #expect(
            try await groups {
                $0.organizations = [Organization(name: "acme", teams: ["web-people"])]
                $0.teamNames = .both
            } == ["acme:web-people"])
        #expect(
            try await groups {
                $0.loadsAllGroups = true
                $0.teamNames = .slug
            } == ["acme", "acme:web-people", "acme:ops", "lonely", "other", "other:web-people"])
        #expect(try await groups { $0.legacyOrganization = "acme" } == ["Web People", "Ops"])
        #expect(try await groups { _ in } == [])
        #expect(try await groups(scopes: ["openid"]) { $0.loadsAllGroups = true } == [])
    }

    @Test(arguments: [
        [Organization(name: "unknown")], [Organization(name: "hidden")], [Organization(name: "acme", teams: ["web"])],
        [Organization(name: "hidden"), Organization(name: "acme", teams: ["Nobody"])],
    ])
    func `stay outside without a required organization or team`(organizations: [Organization]) async throws {
        for scopes in [["openid"], ["openid", "groups"]] {
            let connector = connector { $0.organizations = organizations }
            #expect(await failure { try await FakeBrowser.logIn(connector, scopes: scopes) }?.kind == "notAMember")
        }
        let old = connector { $0.legacyOrganization = "unknown" }
        #expect(await failure { try await FakeBrowser.logIn(old) }?.kind == "notAMember")
    }

    @Test func `have the primary verified address, or one of the preferred domain`() async throws {
        service.on("GET \(api)/user", ["id": 7, "login": "jane", "email": .null])
        service.on(
            "GET \(api)/user/emails",
            [
                ["email": "unverified@corp.example", "verified": false, "primary": false],
                ["email": "jane@example.com", "verified": true, "primary": true],
                ["email": "jane@eu.corp.example", "verified": true, "primary": false],
            ])
        func email(_ domain: String?) async throws -> String {
            try await FakeBrowser.logIn(connector { $0.preferredEmailDomain = domain }).identity.email
        }
        #expect(try await email(nil) == "jane@example.com")
        #expect(try await email("corp.example") == "jane@example.com")
        #expect(try await email("eu.corp.example") == "jane@eu.corp.example")
        #expect(try await email("*.corp.example") == "jane@eu.corp.example")
        #expect(try await email("corp.*.example") == "jane@example.com")
        service.on("GET \(api)/user/emails", [["email": "jane@example.com", "verified": false, "primary": true]])
        #expect(await failure { try await email(nil) }?.kind == "incompleteProfile")
    }

    @Test func `of an Enterprise Server are asked there, where addresses are not verified`() async throws {
        service.on("POST https://git.corp/login/oauth/access_token", ["access_token": "gho-2"])
        service.on("GET https://git.corp/api/v3/user", ["id": 7, "login": "jane"])
        service.on("GET https://git.corp/api/v3/user/emails", [["email": "j@corp", "verified": false, "primary": true]])
        let connector = connector { $0.hostName = "git.corp" }
        #expect(try await FakeBrowser.leave(connector).address == "https://git.corp/login/oauth/authorize")
        #expect(try await FakeBrowser.logIn(connector).identity.email == "j@corp")
    }

    @Test func `are asked for again with the token that was kept`() async throws {
        let connector = connector()
        let first = try await FakeBrowser.logIn(connector, scopes: ["openid", "offline_access"])
        #expect(try await FakeBrowser.logIn(connector).connectorData == nil)
        let data = try #require(first.connectorData)
        #expect(String(decoding: data, as: UTF8.self) == #"{"accessToken":"gho-1","expiry":"0001-01-01T00:00:00Z"}"#)
        service.on("GET \(api)/user", ["id": 12_345_678, "login": "jane", "name": "Jane Roe", "email": "jane@example.com"])
        let again = try await connector.refresh(first.identity, connectorData: data, scopes: ["openid"])
        #expect(again.identity.username == "Jane Roe")
        #expect(again.connectorData == data)
        service.on("GET \(api)/user", ["message": "Bad credentials"], status: 401)
        #expect(await failure { try await connector.refresh(first.identity, connectorData: data, scopes: []) }?.kind == "gone")
        service.on("GET \(api)/user", ["message": "down"], status: 502)
        #expect(
            await failure { try await connector.refresh(first.identity, connectorData: data, scopes: []) }?.kind == "unavailable")
        #expect(await failure { try await connector.refresh(first.identity, connectorData: nil, scopes: []) }?.kind == "gone")
    }

    @Test func `with an expired token get a new one, and keep it`() async throws {
        let connector = connector()
        let old = Array(#"{"accessToken":"old","refreshToken":"ghr-1","expiry":"2026-01-01T00:00:00Z"}"#.utf8)
        service.on(
            "POST https://github.com/login/oauth/access_token",
            ["access_token": "new", "refresh_token": "ghr-2", "expires_in": 28800])
        let identity = Identity(userID: "12345678", username: "", email: "", emailVerified: true)
        let again = try await connector.refresh(identity, connectorData: old, scopes: [])
        #expect(service.requests.first?.formFields["refresh_token"] == "ghr-1")
        #expect(service.requests.last?[header: "Authorization"] == "Bearer new")
        let kept = TokenMemory.withExpiry(omitsEmpty: true).tokens(try #require(again.connectorData))
        #expect(kept?.accessToken == "new")
        #expect(kept?.refreshToken == "ghr-2")
        #expect(kept?.expiry == StoppedClock().now.addingTimeInterval(28800))

        let dead = Array(#"{"accessToken":"old","expiry":"2026-01-01T00:00:00Z"}"#.utf8)
        #expect(await failure { try await connector.refresh(identity, connectorData: dead, scopes: []) }?.kind == "gone")
        service.on("POST https://github.com/login/oauth/access_token", ["error": "bad_refresh_token"])
        let used = Array(#"{"accessToken":"old","refreshToken":"ghr-0","expiry":"2026-01-01T00:00:00Z"}"#.utf8)
        #expect(await failure { try await connector.refresh(identity, connectorData: used, scopes: []) }?.kind == "gone")
    }

    @Test func `whose access token was ended early get another one`() async throws {
        let connector = connector()
        service.on("GET \(api)/user") { request in
            request[header: "Authorization"] == "Bearer new"
                ? .json(["id": 7, "login": "jane", "email": "j@e"]) : .json(["message": "Bad credentials"], status: 401)
        }
        service.on("POST https://github.com/login/oauth/access_token", ["access_token": "new"])
        let data = Array(#"{"accessToken":"ended","refreshToken":"ghr-1","expiry":"2036-01-01T00:00:00Z"}"#.utf8)
        let identity = Identity(userID: "7", username: "", email: "", emailVerified: true)
        let again = try await connector.refresh(identity, connectorData: data, scopes: [])
        #expect(TokenMemory.accessAndRefreshToken.tokens(try #require(again.connectorData))?.refreshToken == "ghr-1")
    }
}
