import FoundationEssentials
import JOSE
import OpenIDConnect
import Synchronization
import Testing
import Upstream

@testable import Edge

/// What is remembered of tokens and keys, and for how long.
@Suite struct TokenCacheTests {
    private let world: IdentityWorld

    init() throws { world = try IdentityWorld() }

    private func knows(_ tokens: TokenAuthenticator, _ token: String) -> Bool { tokens.known(.bearer(token)) != nil }

    @Test func `A token that was believed is known without waiting`() async throws {
        let tokens = try world.authenticator()
        let token = try world.token()
        #expect(!knows(tokens, token))
        #expect(await tokens.who(token) != nil)
        #expect(tokens.known(.bearer(token))?.subject == "jane")
        #expect(!knows(tokens, token + "x"))
        #expect(tokens.counts.hits == 1 && tokens.counts.misses == 2 && tokens.counts.verified == 1)
    }

    @Test func `It is forgotten when it expires`() async throws {
        let tokens = try world.authenticator()
        let token = try world.token(["exp": .integer(world.clock.seconds + 30)])
        #expect(await tokens.who(token) != nil)
        world.clock.advance(89)
        #expect(knows(tokens, token))
        world.clock.advance(1)
        #expect(!knows(tokens, token))
        #expect(await tokens.objection(token) == "the token has expired")
    }

    @Test func `It is forgotten after the configured time`() async throws {
        var trusted = world.trusted
        trusted.cacheSeconds = 100
        let tokens = try world.authenticator([trusted])
        let token = try world.token(["exp": .integer(world.clock.seconds + 3000)])
        #expect(await tokens.who(token) != nil)
        world.clock.advance(99)
        #expect(knows(tokens, token))
        world.clock.advance(1)
        #expect(!knows(tokens, token))
        await tokens.refresh()
        #expect(tokens.counts.remembered == 0)
    }

    /// Many small tokens and many large ones: each is stopped by the one bound that its memory has.
    @Test(arguments: [(identities: 160, bytes: 1 << 30), (identities: 1 << 20, bytes: 160 * 2000)])
    func `Memory is bounded in number, and in bytes`(identities: Int, bytes: Int) async throws {
        let tokens = try world.authenticator {
            $0.identities = identities
            $0.identityBytes = bytes
        }
        for number in 0..<600 {
            let padding = String(repeating: "x", count: number % 3 * 300)
            #expect(await tokens.who(try world.token(["sub": "\(number)", "pad": .string(padding)])) != nil)
        }
        #expect(tokens.counts.remembered <= identities && tokens.counts.bytes <= bytes)
        // And it is used.
        #expect(tokens.counts.remembered > 60)
    }

    @Test func `Refusals are bounded in number`() async throws {
        let tokens = try world.authenticator { $0.refusals = 16 }
        #expect(await tokens.who(try world.token()) != nil)
        let evil = try IdentityWorld.key("one")
        let first = try world.token(["sub": "first"], key: evil)
        #expect(await tokens.who(first) == nil)
        for number in 0..<200 { #expect(await tokens.who(try world.token(["sub": "\(number)"], key: evil)) == nil) }
        // It was forgotten, and looked into once more.
        #expect(await tokens.who(first) == nil)
        #expect(tokens.counts.refused == 202)
    }

    @Test func `The same new token is looked into once`() async throws {
        let tokens = try world.authenticator()
        let token = try world.token()
        world.server.hold()
        async let answers = withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask { await tokens.who(token) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try await soon { world.server.count(IdentityWorld.discoveryURL) == 1 }
        world.server.release()
        #expect(await answers == 200)
        #expect(world.server.count(IdentityWorld.keysURL) == 1)
        // Who came later found it known or asked again; nobody fetched again.
        #expect(tokens.counts.verified <= 200)
    }

    @Test func `Nobody waits for keys that are there`() async throws {
        let tokens = try world.authenticator { $0.newTokens = 0 }
        await tokens.refresh()
        // No room for anybody who would have to wait, and the server is silent.
        world.server.hold()
        #expect(await tokens.who(try world.token()) != nil)
        #expect(await tokens.objection(try world.token(key: IdentityWorld.key("one"))) == "the token's signature is wrong")
        // A key that is not there might be new.
        #expect(await tokens.objection(try world.token(key: IdentityWorld.key("two")))?.hasPrefix("503 ") == true)
    }

    // MARK: Bad tokens

    @Test func `A bad signature is remembered for a moment`() async throws {
        let tokens = try world.authenticator()
        #expect(await tokens.who(try world.token()) != nil)
        let evil = try IdentityWorld.key("one")
        let token = try world.token(key: evil)
        #expect(await tokens.objection(token) == "the token's signature is wrong")
        #expect(await tokens.objection(token) == "the token's signature is wrong")
        #expect(tokens.counts.refused == 1)
        world.clock.advance(10)
        #expect(await tokens.objection(token) == "the token's signature is wrong")
        #expect(tokens.counts.refused == 2)
    }

    @Test func `A full house is never a yes`() async throws {
        let none = try world.authenticator { $0.newTokens = 0 }
        #expect(await none.objection(try world.token())?.hasPrefix("503 ") == true)
        let noSignatures = try world.authenticator { $0.signatures = 0 }
        #expect(await noSignatures.objection(try world.token())?.hasPrefix("503 ") == true)
        let noWaiting = try world.authenticator { $0.waitingForIssuer = 0 }
        #expect(await noWaiting.objection(try world.token())?.hasPrefix("503 ") == true)
        #expect(world.log.all.contains(.overloaded))
    }

    // MARK: Keys

    @Test func `A thousand tokens with unknown keys cause one fetch`() async throws {
        let tokens = try world.authenticator()
        #expect(await tokens.who(try world.token()) != nil)
        #expect(world.server.count(IdentityWorld.keysURL) == 1)
        let strange = try IdentityWorld.key("strange")
        let many = try (0..<1000).map { try world.token(["sub": "\($0)"], key: strange) }
        await withTaskGroup { group in
            for token in many { group.addTask { #expect(await tokens.objection(token)?.contains("does not publish") == true) } }
        }
        #expect(world.server.count(IdentityWorld.keysURL) == 2)
        // In the same pause nobody can cause another, and after it one.
        #expect(await tokens.who(try world.token(["sub": "later"], key: strange)) == nil)
        #expect(world.server.count(IdentityWorld.keysURL) == 2)
        world.clock.advance(11)
        for token in many.prefix(20) { #expect(await tokens.who(token) == nil) }
        #expect(world.server.count(IdentityWorld.keysURL) == 3)
    }

    @Test func `A new key is found when the first token signed with it comes`() async throws {
        let tokens = try world.authenticator { $0.refusalSeconds = 60 }
        #expect(await tokens.who(try world.token()) != nil)
        let next = try IdentityWorld.key("two")
        let early = try world.token(["sub": "early"], key: next)
        #expect(await tokens.who(early) == nil)
        world.publish([world.key, next])
        world.clock.advance(11)
        #expect(await tokens.who(try world.token(key: next)) != nil)
        // What was refused before for want of the key is looked into again, though the refusal would be good for a minute.
        #expect(await tokens.who(early) != nil)
    }

    @Test func `A key that is gone ends what is known by it`() async throws {
        let tokens = try world.authenticator()
        let token = try world.token(["exp": .integer(world.clock.seconds + 86_400)])
        #expect(await tokens.who(token) != nil)
        let next = try IdentityWorld.key("two")
        world.publish([next])
        world.clock.advance(11)
        #expect(knows(tokens, token))
        #expect(await tokens.who(try world.token(key: next)) != nil)
        #expect(!knows(tokens, token))
        #expect(await tokens.objection(token)?.contains("does not publish") == true)
        #expect(world.log.all.contains(.keyRemoved(issuer: IdentityWorld.issuer)))
    }

    @Test func `Keys are fetched at the start and again before their life ends`() async throws {
        let tokens = try world.authenticator()
        world.publish([world.key], age: 600)
        await tokens.refresh()
        #expect(world.server.count(IdentityWorld.keysURL) == 1)
        #expect(tokens.keyAges.map(\.seconds) == [0])
        world.clock.advance(299)
        await tokens.refresh()
        #expect(world.server.count(IdentityWorld.keysURL) == 1)
        world.clock.advance(1)
        await tokens.refresh()
        try await soon { world.server.count(IdentityWorld.keysURL) == 2 }
    }

    @Test func `Keys of an issuer that is down serve until their life ends, and then nothing is allowed`() async throws {
        let tokens = try world.authenticator()
        world.publish([world.key], age: 3600)
        #expect(await tokens.who(try world.token()) != nil)
        world.server.fail(.unreachable("down"))
        for _ in 0..<35 {
            world.clock.advance(100)
            await tokens.refresh()
            #expect(await tokens.who(try world.token()) != nil)
        }
        world.clock.advance(101)
        #expect(await tokens.objection(try world.token())?.hasPrefix("503 ") == true)
        #expect(tokens.keyAges.first?.seconds == 3601)
        #expect(world.log.all.contains { if case .keysFetchFailed = $0 { true } else { false } })
        world.server.fail(nil)
        world.clock.advance(11)
        #expect(await tokens.who(try world.token()) != nil)
    }

    @Test func `An issuer that is down from the start is asked once in a pause`() async throws {
        let tokens = try world.authenticator()
        world.server.fail(.unreachable("down"))
        for number in 0..<100 {
            #expect(await tokens.objection(try world.token(["sub": "\(number)"]))?.hasPrefix("503 ") == true)
        }
        #expect(world.server.count(IdentityWorld.discoveryURL) == 1)
        world.server.fail(nil)
        world.clock.advance(11)
        #expect(await tokens.who(try world.token()) != nil)
    }

    @Test func `A document of another issuer is not believed`() async throws {
        world.server.answer(
            IdentityWorld.discoveryURL, ["issuer": "https://evil.example.com", "jwks_uri": .string(IdentityWorld.keysURL)])
        #expect(try await world.authenticator().objection(try world.token())?.hasPrefix("503 ") == true)
    }

    @Test func `Keys of an https issuer are not fetched in clear`() async throws {
        let url = "http://idp.example.com/keys"
        world.server.answer(url, JWKSet([world.key.jwk]).json)
        world.server.answer(IdentityWorld.discoveryURL, ["issuer": .string(IdentityWorld.issuer), "jwks_uri": .string(url)])
        let tokens = try world.authenticator()
        let objection = await tokens.objection(try world.token())
        #expect(objection?.hasPrefix("503 ") == true && objection?.contains("is not an https URL") == true)
        #expect(world.server.count(url) == 0)
    }

    @Test func `An empty set of keys does not replace what is known`() async throws {
        let tokens = try world.authenticator()
        #expect(await tokens.who(try world.token()) != nil)
        world.publish([])
        world.clock.advance(2000)
        await tokens.refresh()
        try await soon { world.server.count(IdentityWorld.keysURL) == 2 }
        #expect(await tokens.who(try world.token()) != nil)
    }

    // MARK: Our own tokens

    private func ours(_ revocations: RevocationList) throws -> (TokenAuthenticator, KeyRing) {
        let ring = KeyRing()
        ring.replace(keys([world.key]))
        let trusted = TrustedIssuer(issuer: IdentityWorld.issuer, keys: .ours, audiences: ["us"])
        return (try world.authenticator([trusted], provider: .init(ring: ring, revocations: revocations)), ring)
    }

    private func keys(_ keys: [SigningKey]) -> KeyRing.Keys {
        KeyRing.Keys(
            signing: keys.map { (.distantPast, $0) }, verification: keys.map(\.verificationKey), algorithms: [.ES256],
            document: [], activeSince: .distantPast)
    }

    @Test(arguments: ["grant.token", "grant"])
    func `A revocation is seen at once`(revoked: String) async throws {
        let revocations = RevocationList()
        let (tokens, _) = try ours(revocations)
        let token = try world.token(["jti": "grant.token"])
        let other = try world.token(["jti": "other.token", "sub": "joe"])
        #expect(await tokens.who(token) != nil)
        #expect(await tokens.who(other) != nil)
        revocations.add(id: "unrelated", until: world.clock.now + 300)
        #expect(knows(tokens, token))
        revocations.add(id: revoked, until: world.clock.now + 300)
        #expect(!knows(tokens, token))
        #expect(knows(tokens, other))
        #expect(await tokens.objection(token) == "the token has been revoked")
    }

    @Test func `A token that was revoked before is refused, and all its siblings`() async throws {
        let revocations = RevocationList()
        revocations.add([Revocation(position: 1, id: "grant", until: world.clock.now + 300)], now: world.clock.now)
        let (tokens, _) = try ours(revocations)
        #expect(await tokens.objection(try world.token(["jti": "grant.one"])) == "the token has been revoked")
        #expect(await tokens.objection(try world.token()) == "the token has no number (jti)")
    }

    /// A revocation is forgotten when its token expires: no skew may outlive it.
    @Test func `Our own tokens expire to the second`() async throws {
        let (tokens, _) = try ours(RevocationList())
        let token = try world.token(["jti": "a.b", "exp": .integer(world.clock.seconds + 10)])
        world.clock.advance(9)
        #expect(await tokens.who(token) != nil)
        world.clock.advance(1)
        #expect(!knows(tokens, token))
        #expect(await tokens.objection(token) == "the token has expired")
    }

    @Test func `A key of ours that is gone ends what is known by it`() async throws {
        let (tokens, ring) = try ours(RevocationList())
        let token = try world.token(["jti": "a.b"])
        await tokens.refresh()
        #expect(await tokens.who(token) != nil)
        let next = try IdentityWorld.key("two")
        ring.replace(keys([next, world.key]))
        await tokens.refresh()
        #expect(knows(tokens, token))
        ring.replace(keys([next]))
        await tokens.refresh()
        #expect(!knows(tokens, token))
        #expect(await tokens.who(token) == nil)
    }

    @Test func `Without a provider our own tokens cannot be trusted`() throws {
        let trusted = TrustedIssuer(issuer: IdentityWorld.issuer, keys: .ours)
        #expect(throws: TrustedIssuerError.noProvider(issuer: IdentityWorld.issuer)) { try world.authenticator([trusted]) }
    }

    @Test(arguments: ["", "{}", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#])
    func `A set without public keys is refused at the start`(text: String) {
        let trusted = TrustedIssuer(issuer: IdentityWorld.issuer, keys: .inline(text))
        #expect(throws: TrustedIssuerError.invalidKeys(issuer: IdentityWorld.issuer)) { try world.authenticator([trusted]) }
    }
}
