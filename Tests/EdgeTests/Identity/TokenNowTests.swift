import JOSE
import Testing

@testable import Edge

/// What is found out of new tokens on an event loop.
@Suite struct TokenNowTests {
    private let world: IdentityWorld
    private let rsa: SigningKey

    init() throws {
        world = try IdentityWorld()
        rsa = try SigningKey(keyID: "rsa", algorithm: .RS256, key: PrivateKey.generate(.rsa(bits: 2048)))
        world.publish([world.key, rsa])
    }

    private func now(_ tokens: TokenAuthenticator, _ token: String) -> EdgeAuthentication? {
        tokens.authenticateNow(
            .bearer(token), for: EdgeRequest(host: "a.example", headers: ["authorization": "Bearer " + token]))
    }

    @Test func `A signature of RSA is checked at once, others are not`() async throws {
        let tokens = try world.authenticator()
        await tokens.refresh()
        #expect(now(tokens, try world.token(key: rsa))?.identity?.subject == "jane")
        let slow = try world.token()
        #expect(now(tokens, slow) == nil)
        #expect(await tokens.who(slow) != nil)
        #expect(now(tokens, slow)?.identity != nil)
    }

    @Test func `What is refused at once is refused with its reason, and remembered`() async throws {
        let tokens = try world.authenticator()
        await tokens.refresh()
        let other = try SigningKey(keyID: "rsa", algorithm: .RS256, key: PrivateKey.generate(.rsa(bits: 2048)))
        let forged = try world.token(key: other)
        #expect(now(tokens, forged)?.reason == "the token's signature is wrong")
        #expect(await tokens.objection(forged) == "the token's signature is wrong")
        #expect(tokens.counts.refused == 1)
        #expect(now(tokens, try world.token(["aud": "others"], key: rsa))?.reason == "the token is for another audience")
        #expect(now(tokens, "")?.reason == "there is no token, or there are several")
        #expect(now(tokens, String(repeating: "x", count: TokenForm.maximumLength + 1))?.reason?.contains("longer than") == true)
    }

    @Test func `Nobody is asked on an event loop`() async throws {
        let tokens = try world.authenticator()
        // No keys yet; then a key that may be new; then what is no JWT at all.
        #expect(now(tokens, try world.token(key: rsa)) == nil)
        await tokens.refresh()
        let unknown = try SigningKey(keyID: "new", algorithm: .RS256, key: rsa.key)
        #expect(now(tokens, try world.token(key: unknown)) == nil)
        #expect(now(tokens, "opaque") == nil)
        #expect(world.server.count(IdentityWorld.keysURL) == 1)
    }

    @Test func `A long token, and one that several keys may have signed, are left to those who can wait`() async throws {
        let tokens = try world.authenticator()
        await tokens.refresh()
        let long = try world.token(["padding": .string(String(repeating: "x", count: 4096))], key: rsa)
        #expect(now(tokens, long) == nil)
        #expect(await tokens.who(long) != nil)
        let second = try SigningKey(keyID: "rsa", algorithm: .RS256, key: PrivateKey.generate(.rsa(bits: 2048)))
        world.publish([rsa, second])
        let several = try world.authenticator()
        await several.refresh()
        let token = try world.token(key: second)
        #expect(now(several, token) == nil)
        #expect(await several.who(token) != nil)
    }
}
