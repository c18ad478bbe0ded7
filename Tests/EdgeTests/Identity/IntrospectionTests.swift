import FoundationEssentials
import JOSE
import Synchronization
import Testing
import Upstream

@testable import Edge

/// Tokens that only their issuer can read (RFC 7662).
@Suite struct IntrospectionTests {
    private let world: IdentityWorld
    private let tokens: TokenAuthenticator
    private static let url = IdentityWorld.issuer + "/introspect"

    init() throws {
        world = try IdentityWorld()
        var trusted = world.trusted
        trusted.introspection = .init(url: nil, clientID: "edge id", clientSecret: "s:crét", cacheSeconds: 30)
        tokens = try world.authenticator([trusted])
    }

    private func answer(_ changes: JSONObject = [:]) {
        var answer: JSONObject = ["active": true, "sub": "jane", "aud": "us", "groups": ["a"], "username": "j"]
        for (name, value) in changes.members { answer[name] = value.isNull ? nil : value }
        world.server.answer(Self.url, .object(answer))
    }

    @Test func `The issuer says who an opaque token belongs to`() async throws {
        answer()
        let identity = try #require(await tokens.who("opaque+/= &token"))
        #expect(identity.subject == "jane" && identity.issuer == IdentityWorld.issuer && identity.groups == ["a"])
        let asked = try #require(world.server.state.withLock { $0.asked.last })
        #expect(asked.method == .post && asked.url == Self.url)
        #expect(String(decoding: asked.body, as: UTF8.self) == "token=opaque%2B%2F%3D%20%26token&token_type_hint=access_token")
        let credentials = Base64.encode(Array("edge%20id:s%3Acr%C3%A9t".utf8))
        #expect(asked.headers.contains(.init("Authorization", "Basic " + credentials)))
    }

    @Test func `The answer is believed for the configured time`() async {
        answer()
        #expect(await tokens.who("opaque") != nil)
        world.clock.advance(29)
        #expect(tokens.known(.bearer("opaque")) != nil)
        world.clock.advance(1)
        #expect(tokens.known(.bearer("opaque")) == nil)
        answer(["active": false])
        #expect(await tokens.objection("opaque") == "the token is not active")
        #expect(world.server.count(Self.url) == 2)
        // Asking again about the same is of no use for a moment.
        #expect(await tokens.objection("opaque") == "the token is not active")
        #expect(world.server.count(Self.url) == 2)
    }

    @Test(
        arguments: [
            (["active": "true"], "503 the introspection endpoint of https://idp.example.com did not answer as RFC 7662 says"),
            (["active": .null], "503 the introspection endpoint of https://idp.example.com did not answer as RFC 7662 says"),
            (["iss": "https://other.example.com"], "the token's issuer is not trusted here"),
            (["iss": .string(IdentityWorld.issuer)], nil),
            (["aud": "others"], "the token is for another audience"), (["aud": .null], "the token is for another audience"),
            (["sub": .null], "the token names nobody (sub)"), (["exp": 5], "the token has expired"),
            (["nbf": 2_000_000_000, "exp": 3_000_000_000], "the token is not valid yet"),
        ] as [(JSONObject, String?)])
    func `What the issuer answers is checked`(changes: JSONObject, objection: String?) async {
        answer(changes)
        #expect(await tokens.objection("opaque") == objection)
    }

    @Test func `It expires when the issuer says`() async {
        answer(["exp": .integer(world.clock.seconds + 5)])
        #expect(await tokens.who("opaque")?.expiresAt == world.clock.now + 65)
    }

    @Test func `An issuer that cannot be asked makes nobody known`() async {
        world.server.answer(Self.url, [])
        world.server.fail(.unreachable("down"))
        #expect(await tokens.objection("opaque")?.hasPrefix("503 ") == true)
        world.server.fail(nil)
        world.server.state.withLock { $0.answers[Self.url] = UpstreamResponse(status: 401) }
        world.clock.advance(11)
        #expect(
            await tokens.objection("opaque")
                == "503 the introspection endpoint of https://idp.example.com answered with status 401")
        #expect(world.log.all.contains { if case .introspectionFailed = $0 { true } else { false } })
    }

    @Test func `Without introspection an opaque token is none, and nobody is asked`() async throws {
        let tokens = try world.authenticator()
        #expect(await tokens.objection("opaque") == "not a token: it is no signed JWT (RFC 7519)")
        #expect(world.server.state.withLock { $0.asked.isEmpty })
    }

    @Test func `The secret is in no description`() {
        let introspection = TrustedIssuer.Introspection(url: nil, clientID: "id", clientSecret: "hush")
        var trusted = world.trusted
        trusted.introspection = introspection
        var dumped = ""
        dump(trusted, to: &dumped)
        #expect(!"\(trusted)".contains("hush") && !dumped.contains("hush"))
    }
}
