import FoundationEssentials
import JOSE
import Testing

@testable import Edge

/// Where tokens stand, and by which entry of the configuration they are read.
@Suite struct TokenPlaceTests {
    private let world: IdentityWorld

    init() throws { world = try IdentityWorld() }

    private func request(_ headers: EdgeHeaders, query: String = "") -> EdgeRequest {
        EdgeRequest(host: "a.example", query: query, headers: headers)
    }

    @Test func `A token counts only where its issuer's tokens may stand`() async throws {
        var header = world.trusted
        header.locations = [.header("x-token", prefix: "")]
        let other = TrustedIssuer(issuer: "https://other.example.com", keys: .url("https://other.example.com/keys"))
        let tokens = try world.authenticator([header, other])
        let token = try world.token()
        let right = request(["x-token": token])
        let wrong = request(["authorization": "Bearer " + token])
        #expect(await tokens.objection(token, wrong) == "the token's issuer is not trusted here")
        #expect(await tokens.objection(token, right) == nil)
        // What is known of it there is not known of it here.
        #expect(tokens.known(.bearer(token), for: right) != nil)
        #expect(tokens.known(.bearer(token), for: wrong) == nil)
        #expect(tokens.known(.bearer(token)) == nil)
        #expect(await tokens.objection(token, wrong) == "the token's issuer is not trusted here")
    }

    @Test func `Of several entries for one issuer that fits whose audience the token has`() async throws {
        var first = world.trusted
        first.audiences = ["us"]
        first.groupsClaim = "roles"
        var second = world.trusted
        second.audiences = ["them"]
        let tokens = try world.authenticator([first, second])
        #expect(await tokens.who(try world.token(["roles": "r", "groups": "g"]))?.groups == ["r"])
        #expect(await tokens.who(try world.token(["roles": "r", "groups": "g", "aud": "them"]))?.groups == ["g"])
        #expect(await tokens.who(try world.token(["aud": "nobody"])) == nil)
        // They share their keys.
        #expect(world.server.count(IdentityWorld.keysURL) == 1)
    }

    @Test func `Of several entries with keys of their own that fits whose key signed`() async throws {
        let key = try IdentityWorld.key("two")
        var inline = world.trusted
        inline.keys = .inline(String(decoding: JWKSet([key.jwk]).json.serialized(), as: UTF8.self))
        let tokens = try world.authenticator([world.trusted, inline])
        #expect(await tokens.who(try world.token(key: key)) != nil)
        #expect(await tokens.who(try world.token()) != nil)
        #expect(await tokens.who(try world.token(key: IdentityWorld.key("two"))) == nil)
    }

    @Test(arguments: [
        ("TOKEN:", true), ("TOKEN:x-oauth-basic", true), ("TOKEN:secret", false), ("jane:TOKEN", true), (":TOKEN", true),
        ("jane:secret", false), ("TOKEN", false),
    ])
    func `A token can be the user or password of Basic where that is configured`(text: String, isFound: Bool) async throws {
        var trusted = world.trusted
        trusted.locations.append(.basic)
        let tokens = try world.authenticator([trusted])
        let token = try world.token()
        let credentials = text.replacing("TOKEN", with: token)
        let request = request(["authorization": "Basic " + Base64.encode(Array(credentials.utf8))])
        let finder = CredentialFinder(tokenLocations: TrustedIssuer.locations(of: [trusted]))
        #expect(finder.credential(in: request) == (isFound ? .bearer(token) : nil))
        #expect(CredentialFinder().credential(in: request) == nil)
        if isFound { #expect(await tokens.objection(token, request) == nil) }
    }

    @Test func `Places of several issuers are tried in order, each once`() {
        let first = TrustedIssuer(issuer: "a", keys: .ours, locations: [.query("t"), TrustedIssuer.authorization])
        let second = TrustedIssuer(issuer: "b", keys: .ours, locations: [TrustedIssuer.authorization, .cookie("c")])
        #expect(TrustedIssuer.locations(of: [first, second]) == [.query("t"), TrustedIssuer.authorization, .cookie("c")])
    }

    @Test func `A token without a subject is taken where that is configured`() async throws {
        var trusted = world.trusted
        trusted.requiresSubject = false
        #expect(try await world.authenticator([trusted]).who(try world.token(["sub": .null]))?.subject == "")
    }
}
