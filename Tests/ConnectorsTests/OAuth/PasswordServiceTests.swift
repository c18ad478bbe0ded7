import Foundation
import JOSE
import OpenIDConnect
import Testing
import Upstream

@testable import Connectors

@Suite struct `Names and passwords of Crowd` {
    private let service = FakeService()
    private let api = "https://crowd.example/crowd/rest/usermanagement/1"

    init() {
        let base = "https://crowd.example/crowd/rest/usermanagement/1"
        service.on("POST \(base)/session") { request in
            let isRight = request.json?["password"] == "right" || request.url.hasSuffix("validate-password=false")
            return isRight
                ? .json(["token": "t", "user": ["name": "jane"]], status: 201)
                : .json(["reason": "INVALID_USER_AUTHENTICATION", "message": "no"], status: 400)
        }
        service.on(
            "GET \(base)/user?username=jane%20doe", ["key": "1:2", "name": "jane", "active": true, "email": "j@e"])
        service.on("GET \(base)/user?username=", ["reason": "USER_NOT_FOUND"], status: 404)
        service.on("GET \(base)/user/group/nested?username=jane&", ["groups": [["name": "a"], ["name": "b"]]])
    }

    private func connector(_ change: (inout CrowdConnector) -> Void = { _ in }) -> CrowdConnector {
        var connector = CrowdConnector(
            baseURL: "https://crowd.example/crowd", clientID: "app", clientSecret: "app-secret", exchange: service)
        change(&connector)
        return connector
    }

    @Test func `are who Dex says they are`() async throws {
        let found = try await connector { $0.preferredUsername = .email }
            .authenticate(username: "jane doe", password: "right", scopes: ["groups", "offline_access"])
        #expect(
            found?.identity
                == Identity(
                    userID: "1:2", username: "jane", preferredUsername: "j@e", email: "j@e", emailVerified: true,
                    groups: ["a", "b"]))
        #expect(found?.connectorData.map { String(decoding: $0, as: UTF8.self) } == #"{"username":"jane doe"}"#)
        #expect(found?.methods == ["pwd"])
        let basic = "Basic " + Data("app:app-secret".utf8).base64EncodedString()
        #expect(service.requests.allSatisfy { $0[header: "Authorization"] == basic })
    }

    @Test func `that are wrong or empty do not match, and an empty password is not sent`() async throws {
        #expect(try await connector().authenticate(username: "jane doe", password: "", scopes: []) == nil)
        #expect(try await connector().authenticate(username: "", password: "right", scopes: []) == nil)
        #expect(service.requests.isEmpty)
        #expect(try await connector().authenticate(username: "jane doe", password: "wrong", scopes: []) == nil)
    }

    @Test func `need a required group even where the client does not ask for groups`() async throws {
        let inside = connector { $0.groups = ["b"] }
        #expect(
            try await inside.authenticate(username: "jane doe", password: "right", scopes: [])?.identity.groups == ["b"])
        let outside = connector { $0.groups = ["none"] }
        let error = await failure { try await outside.authenticate(username: "jane doe", password: "right", scopes: []) }
        #expect(error?.kind == "notAMember")
    }

    @Test(arguments: [(401, "Application failed to authenticate"), (403, "The server refuses"), (500, "oops")])
    func `are nobody's fault when Crowd does not take us`(status: Int, body: String) async throws {
        service.on("POST \(api)/session") { _ in UpstreamResponse(status: status, body: Array(body.utf8)) }
        let error = await failure { try await connector().authenticate(username: "jane doe", password: "right", scopes: []) }
        #expect(error?.kind == "unavailable")
        #expect(error?.text.contains("right?") == (status == 401))
    }

    @Test func `are asked for again, until Crowd knows them no more`() async throws {
        let connector = connector()
        let first = try #require(
            try await connector.authenticate(username: "jane doe", password: "right", scopes: ["offline_access"]))
        let again = try await connector.refresh(first.identity, connectorData: first.connectorData, scopes: ["groups"])
        #expect(again.identity.groups == ["a", "b"])
        #expect(again.connectorData == first.connectorData)
        service.on("GET \(api)/user?username=jane%20doe", ["key": "1:2", "name": "jane", "active": false])
        #expect(
            await failure { try await connector.refresh(first.identity, connectorData: first.connectorData, scopes: []) }?.kind
                == "gone")
        service.on("GET \(api)/user?username=jane%20doe", ["reason": "USER_NOT_FOUND"], status: 404)
        #expect(
            await failure { try await connector.refresh(first.identity, connectorData: first.connectorData, scopes: []) }?.kind
                == "gone")
        service.on("GET \(api)/user?username=jane%20doe", [:], status: 503)
        #expect(
            await failure { try await connector.refresh(first.identity, connectorData: first.connectorData, scopes: []) }?.kind
                == "unavailable")
    }
}

@Suite struct `Names and passwords of Keystone` {
    private let service = FakeService()
    private let host = "https://keystone.example:5000"

    private func connector(domain: String = "default") -> KeystoneConnector {
        service.on("POST \(host)/v3/auth/tokens") { request in
            let user = request.json?["auth"]?["identity"]?["password"]?["user"]
            let isRight = user?["password"] == "right" || (user?["name"] == "admin" && user?["password"] == "admin-secret")
            guard isRight else { return .json(["error": ["code": 401]], status: 401) }
            return .json(
                ["token": ["user": ["id": "u1", "name": "jane"]]], status: 201,
                headers: [("X-Subject-Token", user?["name"] == "admin" ? "admin-token" : "token")])
        }
        service.on("GET \(host)/v3/users/u1", ["user": ["id": "u1", "name": "jane", "email": "j@e", "enabled": true]])
        service.on("GET \(host)/v3/users/u1/groups", ["groups": [["id": "1", "name": "a"], ["id": "2", "name": "b"]]])
        return KeystoneConnector(
            host: host, domain: domain, administrator: "admin", password: "admin-secret", exchange: service)
    }

    @Test func `are who Dex says they are`() async throws {
        let found = try await connector().authenticate(username: "jane", password: "right", scopes: ["groups"])
        #expect(
            found?.identity
                == Identity(userID: "u1", username: "jane", email: "j@e", emailVerified: true, groups: ["a", "b"]))
        #expect(service.requests.last?[header: "X-Auth-Token"] == "token")
    }

    @Test(
        arguments: [
            ("default", ["id": "default"]), ("Users", ["name": "Users"]),
            ("3f1b6ac1-8e5b-4a1c-9a3e-0d3f1c2b4a5d", ["id": "3f1b6ac1-8e5b-4a1c-9a3e-0d3f1c2b4a5d"]),
            ("3f1b6ac18e5b4a1c9a3e0d3f1c2b4a5d", ["id": "3f1b6ac18e5b4a1c9a3e0d3f1c2b4a5d"]),
            ("3f1b6ac1-8e5b-4a1c-9a3e-0d3f1c2b4a5x", ["name": "3f1b6ac1-8e5b-4a1c-9a3e-0d3f1c2b4a5x"]),
        ] as [(String, JSON)])
    func `belong to a domain that is an id or a name`(domain: String, sent: JSON) async throws {
        _ = try await connector(domain: domain).authenticate(username: "jane", password: "right", scopes: [])
        #expect(service.requests.first?.json?["auth"]?["identity"]?["password"]?["user"]?["domain"] == sent)
    }

    @Test func `that are wrong or empty do not match, and an empty password is not sent`() async throws {
        #expect(try await connector().authenticate(username: "jane", password: "", scopes: []) == nil)
        #expect(service.requests.isEmpty)
        #expect(try await connector().authenticate(username: "jane", password: "wrong", scopes: []) == nil)
    }

    @Test func `are asked for again by the administrator`() async throws {
        let connector = connector()
        var identity = Identity(userID: "u1", username: "jane", email: "", emailVerified: false)
        let again = try await connector.refresh(identity, connectorData: nil, scopes: ["groups"])
        #expect(again.identity.groups == ["a", "b"])
        #expect(again.identity.email == "j@e")
        #expect(service.requests.last?[header: "X-Auth-Token"] == "admin-token")
        identity.userID = "../u2"
        #expect(await failure { try await connector.refresh(identity, connectorData: nil, scopes: []) }?.kind == "gone")
        #expect(service.requests.last?.url == "\(host)/v3/users/..%2Fu2")
        identity.userID = "u1"
        service.on("GET \(host)/v3/users/u1", ["user": ["id": "u1", "enabled": false]])
        #expect(await failure { try await connector.refresh(identity, connectorData: nil, scopes: []) }?.kind == "gone")
        service.on("GET \(host)/v3/users/u1", [:], status: 403)
        #expect(await failure { try await connector.refresh(identity, connectorData: nil, scopes: []) }?.kind == "unavailable")
    }
}
