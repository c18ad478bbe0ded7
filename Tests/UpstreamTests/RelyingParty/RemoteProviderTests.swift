import FoundationEssentials
import JOSE
import Testing

@testable import Upstream

private func newKey(_ name: String) throws -> SigningKey {
    try SigningKey(keyID: name, algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
}

/// What a provider's discovery document is refused for; nil if it is taken.
private func objection(_ changes: JSONObject, issuer asked: String = issuer, alias: String? = nil) async throws -> String? {
    let world = try World(discovery: changes, issuer: asked, alias: alias)
    do throws(RelyingPartyError) {
        _ = try await world.provider.metadata()
        return nil
    } catch { return error.description }
}

@Test func `The discovery document must name exactly the issuer that was asked`() async throws {
    #expect(try await objection([:]) == nil)
    #expect(try await objection(["issuer": "https://evil.example"])?.contains("is of the issuer https://evil.example") == true)
    #expect(try await objection(["issuer": "https://idp.example.com/"])?.contains("exactly") == true)
    #expect(try await objection([:], issuer: issuer + "/")?.contains("exactly") == true)
    #expect(try await objection(["issuer": .null])?.contains("names no issuer") == true)
}

@Test func `An alias is what the document must name instead, and what tokens are of`() async throws {
    #expect(try await objection(["issuer": "https://alias.example"], alias: "https://alias.example") == nil)
    #expect(try await objection([:], alias: "https://alias.example")?.contains("is of the issuer") == true)
}

@Test(arguments: ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"])
func `An endpoint that is not https is refused where the issuer is https`(_ name: String) async throws {
    for address in ["http://idp.example.com/x", "file:///etc/passwd", "https://user@idp.example.com/", "javascript:alert(1)"] {
        #expect(try await objection([name: .string(address)]) == "\(name) of \(issuer) is not an https URL")
    }
}

@Test(arguments: ["authorization_endpoint", "token_endpoint", "jwks_uri"])
func `A missing endpoint is named`(_ name: String) async throws {
    #expect(try await objection([name: .null]) == "\(issuer) has no \(name)")
}

@Test func `Many who wait cause one request`() async throws {
    let world = try World()
    world.server.hold()
    let token = try world.token()
    try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<200 { group.addTask { await world.objection(token) == nil } }
        try await eventually { world.server.count(discoveryURL) > 0 }
        world.server.release()
        for try await isBelieved in group { #expect(isBelieved) }
    }
    #expect(world.server.count(discoveryURL) == 1)
    #expect(world.server.count(keysURL) == 1)
}

@Test func `One who gives up does not take the others' answer away`() async throws {
    let world = try World()
    world.server.hold()
    let first = Task { try await world.provider.metadata().issuer }
    try await eventually { world.server.count(discoveryURL) > 0 }
    let second = Task { try await world.provider.metadata().issuer }
    first.cancel()
    world.server.release()
    #expect(try await second.value == issuer)
    #expect(world.server.count(discoveryURL) == 1)
}

@Test func `A new key is fetched when a token names it, and the old one goes on working while it is published`() async throws {
    let world = try World()
    #expect(await world.objection(try world.token()) == nil)
    let next = try newKey("two")
    world.publish([world.key, next])
    world.clock.advance(20)
    #expect(await world.objection(try world.token(key: next)) == nil)
    #expect(await world.objection(try world.token()) == nil)
    #expect(world.server.count(keysURL) == 2)
}

@Test func `Tokens with invented keys cause one request in ten seconds`() async throws {
    let world = try World()
    #expect(await world.objection(try world.token()) == nil)
    world.clock.advance(20)
    for number in 0..<50 {
        let key = try newKey("invented \(number)")
        #expect(
            await world.objection(try world.token(key: key)) == .signature(.unknownKey(keyID: "invented \(number)")))
    }
    #expect(world.server.count(keysURL) == 2)
    world.clock.advance(11)
    _ = await world.objection(try world.token(key: try newKey("invented again")))
    #expect(world.server.count(keysURL) == 3)
}

@Test func `Keys are used while their server is down, until their life is over`() async throws {
    let world = try World()
    world.publish([world.key], age: 600)
    #expect(await world.objection(try world.token()) == nil)
    world.server.fail(.unreachable("down"))
    world.clock.advance(590)
    #expect(await world.objection(try world.token()) == nil)
    world.clock.advance(20)
    #expect(await world.objection(try world.token()) == .unavailable(.exchange(.unreachable("down"))))
    world.server.fail(nil)
    #expect(await world.objection(try world.token()) == nil)
}

@Test func `A key that was withdrawn is no longer used once its server has been asked again`() async throws {
    let world = try World()
    #expect(await world.objection(try world.token()) == nil)
    let next = try newKey("two")
    world.publish([next])
    world.clock.advance(DocumentLife.longestFreshness + 1)
    // This one still uses what is there, and has it fetched again behind it.
    #expect(await world.objection(try world.token()) == nil)
    try await eventually { world.server.count(keysURL) > 1 }
    #expect(await world.objection(try world.token(key: next)) == nil)
    #expect(await world.objection(try world.token()) == .signature(.unknownKey(keyID: "one")))
}

@Test func `A provider that was down is asked again by the next one who needs it`() async throws {
    let world = try World()
    world.server.fail(.unreachable("down"))
    #expect(await world.objection(try world.token()) == .unavailable(.exchange(.unreachable("down"))))
    world.server.fail(nil)
    #expect(await world.objection(try world.token()) == nil)
}

@Test(
    arguments: [
        (nil, 3600.0), ("no-store", 3600), ("max-age=1", 300), ("public, max-age=7200", 7200), ("max-age=99999999", 86400),
        ("max-age=-1", 3600), ("max-age=\"1000\"", 1000),
    ] as [(String?, Double)])
func `A document lives as long as its server says, within bounds`(_ header: String?, _ seconds: Double) {
    let now = Date(timeIntervalSince1970: 0)
    let response = UpstreamResponse(status: 200, headers: header.map { [.init("cache-control", $0)] } ?? [])
    let life = DocumentLife(response, now: now)
    #expect(life.endsAt == now + seconds)
    #expect(life.refreshAt <= now + 900)
}

@Test func `What is still used though it could not be fetched again is a concern, until it could`() async throws {
    let world = try World()
    #expect(world.provider.concern == nil)
    world.server.fail(.unreachable("https://idp.example.com: connection refused"))
    await world.provider.renew()
    #expect(world.provider.concern == nil && world.server.count(discoveryURL) == 0, "nothing is used yet")
    world.server.fail(nil)
    #expect(await world.objection(try world.token()) == nil)
    world.server.fail(.unreachable("https://idp.example.com: connection refused"))
    await world.provider.renew()
    #expect(world.provider.concern?.description == "https://idp.example.com: connection refused")
    #expect(await world.objection(try world.token()) == nil, "what is known is used")
    world.server.fail(nil)
    await world.provider.renew()
    #expect(world.provider.concern == nil)
}
