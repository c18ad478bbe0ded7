import JOSE
import OpenIDConnect
import Testing
import Upstream

@testable import Connectors

/// Dex's `{"RefreshToken": base64 of "rt"}`.
private let kept = #"{"RefreshToken":"cnQ="}"#

@Test func `A refresh asks the provider, and keeps its next token`() async throws {
    let world = try OIDCWorld()
    try world.give(["email": "new@example.com"], answer: ["access_token": "at", "refresh_token": "rt2"])
    let found = await world.refresh(kept).value
    #expect(found?.identity.email == "new@example.com")
    #expect(found?.connectorData == OIDCConnectorData(refreshToken: "rt2").bytes)
    let form = try #require(world.server.requests(to: OIDCWorld.tokenURL).first).form
    #expect(form["grant_type"] == "refresh_token" && form["refresh_token"] == "rt")
    // One that gives no new one goes on with the old.
    try world.give(answer: ["access_token": "at"])
    #expect(await world.refresh(kept).value?.connectorData == Array(kept.utf8))
}

@Test func `A refresh without a new ID token leaves the person as they were`() async throws {
    let world = try OIDCWorld()
    try world.give(answer: ["access_token": "at", "id_token": .null])
    #expect(await world.refresh(kept).value?.identity.email == "old@example.com")
}

@Test func `Without an ID token the userinfo endpoint is asked where that is configured`() async throws {
    let world = try OIDCWorld { $0.asksUserInfo = true }
    try world.give(answer: ["access_token": "at", "id_token": .null])
    world.server.at(OIDCWorld.userInfoURL, ["sub": "jane", "name": "J", "email": "ui@example.com", "email_verified": false])
    #expect(await world.refresh(kept).value?.identity.email == "ui@example.com")
    world.server.at(OIDCWorld.userInfoURL, ["sub": "john", "name": "J", "email": "ui@example.com", "email_verified": false])
    #expect(await world.refresh(kept).failure == .gone("the provider answers for somebody else"))
}

@Test func `Whoever may no longer log in there is gone, and whoever cannot be asked about stays`() async throws {
    let world = try OIDCWorld()
    world.server.at(OIDCWorld.tokenURL, status: 400, ["error": "invalid_grant", "error_description": "revoked"])
    #expect(await world.refresh(kept).failure == .gone("the provider: invalid_grant: revoked"))
    for (status, answer) in [
        (401, ["error": "invalid_client"]), (400, ["error": "invalid_request"]), (500, .null), (503, .null), (404, .null),
        (200, .null),
    ] as [(Int, JSON)] {
        world.server.at(OIDCWorld.tokenURL, status: status, answer)
        guard case .unavailable? = await world.refresh(kept).failure else {
            Issue.record("\(status) \(answer) logged somebody out")
            continue
        }
    }
    world.server.at(OIDCWorld.tokenURL) { _ throws(UpstreamError) in throw .unreachable("down") }
    #expect(await world.refresh(kept).failure == .unavailable("down"))
}

@Test func `Another person is never taken for the one who logged in`() async throws {
    let world = try OIDCWorld()
    try world.give(["sub": "john"])
    #expect(await world.refresh(kept).failure == .gone("the provider answers for somebody else"))
}

@Test func `A person who is no longer a member is gone`() async throws {
    let world = try OIDCWorld {
        $0.claims.takesGroups = true
        $0.claims.allowedGroups = ["staff"]
    }
    try world.give(["groups": ["guests"]])
    #expect(await world.refresh(kept).failure == .gone("not in any of allowedGroups"))
    try world.give(["groups": ["guests", "staff"]])
    #expect(await world.refresh(kept).value?.identity.groups == ["staff"])
}

@Test(arguments: ["", "x", #"{"RefreshToken":12}"#, #"{"RefreshToken":""}"#, #"{"RefreshToken":null}"#, "{}"])
func `Without a token of the provider nobody can be asked about`(_ data: String) async throws {
    let world = try OIDCWorld()
    guard case .gone? = await world.refresh(data).failure else {
        Issue.record("\(data) was taken")
        return
    }
}
