import FoundationEssentials
import OpenIDConnect
import Synchronization
import Testing

@testable import Edge
@testable import JOSE

/// What a token must be like. Each line of the tables is a token that differs from a good one in one thing.
@Suite struct TokenRuleTests {
    private let world: IdentityWorld
    private let tokens: TokenAuthenticator

    init() throws {
        world = try IdentityWorld()
        tokens = try world.authenticator()
    }

    @Test func `A good token tells who asks`() async throws {
        let token = try world.token([
            "email": "jane@example.com", "email_verified": true, "groups": ["a", "b"], "name": "Jane Doe",
            "preferred_username": "jane.doe", "aud": ["others", "them"],
        ])
        let identity = try #require(await tokens.who(token))
        #expect(identity.evidence == .bearer)
        #expect(identity.issuer == IdentityWorld.issuer)
        #expect(identity.principal == IdentityWorld.issuer + "/jane")
        #expect(identity.audiences == ["others", "them"])
        #expect(identity.email == "jane@example.com")
        #expect(identity.groups == ["a", "b"])
        #expect(identity.name == "Jane Doe")
        #expect(identity.preferredUsername == "jane.doe")
        #expect(identity.claims["sub"]?.string == "jane")
        #expect(identity.token == token)
        #expect(identity.expiresAt == world.clock.now + 360)
    }

    struct Claims: Sendable, CustomTestStringConvertible {
        let changes: JSONObject
        let objection: String?
        var testDescription: String { String(decoding: JSON.object(changes).serialized(), as: UTF8.self) }

        init(_ changes: JSONObject, _ objection: String?) {
            self.changes = changes
            self.objection = objection
        }
    }

    static let now: Int64 = 1_700_000_000

    @Test(arguments: [
        Claims([:], nil),
        Claims(["iss": "https://other.example.com"], "the token's issuer is not trusted here"),
        Claims(["iss": "https://idp.example.com/"], "the token's issuer is not trusted here"),
        Claims(["iss": .null], "the token names no issuer (iss)"),
        Claims(["iss": ["https://idp.example.com"]], "the token names no issuer (iss)"),
        Claims(["aud": "somebody else"], "the token is for another audience"),
        Claims(["aud": .null], "the token is for another audience"),
        Claims(["aud": ["somebody", "else"]], "the token is for another audience"),
        Claims(["aud": ["us", 1]], "the token is for another audience"),
        Claims(["aud": ["somebody", "them"]], nil),
        Claims(["sub": .null], "the token names nobody (sub)"),
        Claims(["sub": ""], "the token names nobody (sub)"),
        Claims(["exp": .null], "the token has no expiry (exp)"),
        Claims(["exp": "1700000300"], "the token's exp is not a number"),
        Claims(["exp": .integer(now - 59)], nil),
        Claims(["exp": .integer(now - 60)], "the token has expired"),
        Claims(["exp": .integer(0)], "the token has expired"),
        Claims(["exp": .number(1e300)], nil),
        Claims(["nbf": .integer(now + 60)], nil),
        Claims(["nbf": .integer(now + 61)], "the token is not valid yet"),
        Claims(["nbf": "soon"], "the token's nbf is not a number"),
        Claims(["iat": .integer(now + 60)], nil),
        Claims(["iat": .integer(now + 61)], "the token was issued in the future"),
        Claims(["iat": .null], nil),
        Claims(
            ["events": ["http://schemas.openid.net/event/backchannel-logout": [:]]],
            "the token is neither an ID token nor an access token (events)"),
        Claims(["cnf": ["jkt": "x"]], "the token is bound to a key and cannot be used as a bearer token (cnf)"),
        Claims(["cnf": ["x5t#S256": "x"]], "the token is bound to a key and cannot be used as a bearer token (cnf)"),
    ])
    func `Claims are checked`(claims: Claims) async throws {
        #expect(await tokens.objection(try world.token(claims.changes)) == claims.objection)
    }

    @Test(arguments: [
        (nil, true), ("JWT", true), ("jwt", true), ("at+jwt", true), ("application/at+jwt", true), ("logout+jwt", false),
        ("dpop+jwt", false), ("secevent+jwt", false), ("", false),
    ])
    func `Only ID tokens and access tokens are taken`(type: String?, isTaken: Bool) async throws {
        let objection = await tokens.objection(try world.token(type: type))
        #expect(objection == (isTaken ? nil : "the token is neither an ID token nor an access token (typ)"))
    }

    // MARK: Signatures

    private static let notByKeyPair = "the token is not signed by a key pair (alg)"

    @Test(arguments: ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS1", "rs256"])
    func `An algorithm without a key pair is refused`(name: String) async {
        for signature in [[], [1, 2, 3]] as [[UInt8]] {
            let token = world.unsigned(header: ["alg": .string(name), "kid": "one"], signature: signature)
            #expect(await tokens.objection(token) == Self.notByKeyPair)
        }
    }

    @Test func `A public key is no secret of an HMAC`() async throws {
        let secret = Array(try world.key.key.publicKey.pem().utf8)
        let token = try JWS.sign(
            payload: JSON.object(world.claims()).serialized(), secret: secret, algorithm: .HS256, keyID: "one")
        #expect(await tokens.objection(token) == Self.notByKeyPair)
    }

    /// A good signature over a header of the test's making.
    private func signed(_ header: JSONObject, by key: SigningKey? = nil) throws -> String {
        let key = key ?? world.key
        var complete: JSONObject = ["alg": .string(key.algorithm.rawValue), "kid": .string(key.keyID)]
        for (name, value) in header.members { complete[name] = value.isNull ? nil : value }
        return try JWS.assemble(header: complete, payload: JSON.object(world.claims()).serialized()) {
            (input) throws(JWSError) in
            do throws(SignatureFailure) { return try key.key.handle.sign(input, with: key.algorithm) } catch {
                throw .signingFailed(error.cause)
            }
        }
    }

    @Test func `Keys that a header brings or names are never used`() async throws {
        let evil = try IdentityWorld.key("evil")
        let url = "https://evil.example.com/keys"
        world.server.answer(url, JWKSet([evil.jwk]).json)
        for header in [
            ["jku": .string(url)], ["x5u": .string(url)], ["jwk": evil.jwk.json],
            ["jwk": evil.jwk.json, "kid": "one"], ["jku": .string(url), "kid": "one"], ["kid": .null, "jwk": evil.jwk.json],
        ] as [JSONObject] {
            #expect(await tokens.who(try signed(header, by: evil)) == nil)
        }
        #expect(world.server.count(url) == 0)
        // And they do not spoil a good token.
        #expect(await tokens.objection(try signed(["jku": .string(url), "jwk": evil.jwk.json])) == nil)
    }

    @Test func `Extensions that must be understood are not`() async throws {
        for extensions in [["b64"], ["exp"], []] as [JSON] {
            let objection = await tokens.objection(try signed(["crit": extensions, "b64": true]))
            #expect(objection == "the token needs extensions that are not supported (crit)")
        }
    }

    @Test func `A changed token is refused`() async throws {
        let token = try world.token()
        let parts = token.split(separator: ".").map(String.init)
        let other = try world.token(["sub": "root"]).split(separator: ".").map(String.init)
        #expect(
            await tokens.objection([parts[0], other[1], parts[2]].joined(separator: ".")) == "the token's signature is wrong")
        #expect(await tokens.objection([parts[0], parts[1], ""].joined(separator: ".")) == "the token's signature is wrong")
    }

    @Test func `Only the algorithms that are configured for an issuer are taken`() async throws {
        var trusted = world.trusted
        trusted.algorithms = [.RS256]
        let objection = try await world.authenticator([trusted]).objection(try world.token())
        #expect(objection == "the token is signed with an algorithm that is not accepted from its issuer")
    }

    @Test func `Keys of one issuer sign nothing for another`() async throws {
        let evil = try IdentityWorld.key("one")
        let other = TrustedIssuer(
            issuer: "https://other.example.com",
            keys: .inline(String(decoding: JWKSet([evil.jwk]).json.serialized(), as: UTF8.self)), audiences: ["us"])
        let both = try world.authenticator([other, world.trusted])
        #expect(await both.objection(try world.token(["iss": "https://other.example.com"], key: evil)) == nil)
        #expect(await both.objection(try world.token(key: evil)) == "the token's signature is wrong")
    }

    // MARK: Form and size

    @Test(arguments: ["x", "a.b", "a.b.c", "a.b.c.d.e", "..", "ey.ey.ey", "e30.e30.", "null", "Bearer x", "\u{0}"])
    func `What is no token is refused`(text: String) async {
        #expect(await tokens.objection(text)?.isEmpty == false)
        #expect(world.server.state.withLock { $0.asked.isEmpty })
    }

    @Test func `An empty token is refused`() async {
        #expect(await tokens.objection("") == "there is no token, or there are several")
    }

    @Test func `A huge token is refused unread`() async throws {
        // Its beginning is malformed, which nobody finds out.
        let token = String(repeating: "x", count: TokenForm.maximumLength + 1)
        #expect(await tokens.objection(token) == "the token is longer than 32768 bytes")
        #expect(tokens.known(.bearer(token)) == nil)
        #expect(tokens.counts.misses == 0)
    }

    // MARK: What claims become

    @Test(
        arguments: [
            ([:], nil), (["email_verified": true], "a@x.org"), (["email_verified": false], nil),
            (["email_verified": "true"], "a@x.org"),
            (["email_verified": "yes"], nil), (["email_verified": 1], nil),
            (["email": "a@b@x.org", "email_verified": true], nil), (["email": "a b@x.org", "email_verified": true], nil),
            (["email": "@x.org", "email_verified": true], nil), (["email": "a@x.org,b@x.org", "email_verified": true], nil),
            (["email": ["a@x.org"], "email_verified": true], nil),
        ] as [(JSONObject, String?)])
    func `An e-mail address counts when its issuer calls it verified`(changes: JSONObject, email: String?) async throws {
        var claims: JSONObject = ["email": "a@x.org"]
        for (name, value) in changes.members { claims[name] = value }
        #expect(try #require(await tokens.who(try world.token(claims))).email == email)
    }

    @Test func `An e-mail address that is not verified counts where that is configured`() async throws {
        var trusted = world.trusted
        trusted.takesUnverifiedEmail = true
        trusted.emailClaim = "upn"
        let tokens = try world.authenticator([trusted])
        #expect(await tokens.who(try world.token(["upn": "a@x.org"]))?.email == "a@x.org")
        trusted.takesUnverifiedEmail = false
        // `email_verified` says nothing about another claim.
        let strict = try world.authenticator([trusted])
        #expect(await strict.who(try world.token(["upn": "a@x.org", "email_verified": true])).map { $0.email == nil } == true)
    }

    @Test func `Groups are read from a text, a list, or deeper within`() async throws {
        #expect(await tokens.who(try world.token(["groups": "one"]))?.groups == ["one"])
        #expect(await tokens.who(try world.token(["groups": ["one", 2, "three"]]))?.groups == ["one", "three"])
        #expect(await tokens.who(try world.token(["groups": ["x": "y"]]))?.groups == [])
        var trusted = world.trusted
        trusted.groupsClaim = "realm_access.roles"
        let nested = try world.authenticator([trusted])
        #expect(await nested.who(try world.token(["realm_access": ["roles": ["admin"]]]))?.groups == ["admin"])
        #expect(await nested.who(try world.token(["realm_access.roles": ["exact"]]))?.groups == ["exact"])
    }

    @Test func `Too many groups are refused and logged: a rule that denies one must not be missed`() async throws {
        let groups = JSON.array((0...IdentityReader.groupLimit).map { .string("g\($0)") })
        #expect(await tokens.objection(try world.token(["groups": groups])) == "the token names more than 2048 groups")
        #expect(world.log.all.contains(.tooManyGroups(issuer: IdentityWorld.issuer, subject: "jane", count: 2049)))
    }

    @Test(arguments: [["hasgroups": true], ["_claim_names": ["groups": "src1"]]] as [JSONObject])
    func `Groups that are elsewhere are logged`(changes: JSONObject) async throws {
        #expect(await tokens.who(try world.token(changes))?.groups == [])
        #expect(world.log.all.contains(.groupsMissing(issuer: IdentityWorld.issuer, subject: "jane")))
    }

    @Test func `Reasons tell nothing that the token holds`() async throws {
        let token = try world.token(["iss": "https://evil.example.com/\"\r\nx: y"])
        let reason = try #require(await tokens.objection(token))
        #expect(!reason.contains("evil") && reason.allSatisfy { $0.isASCII && !$0.isNewline && $0 != "\"" })
    }
}
