import Foundation
import JOSE
import Testing

@testable import OpenIDConnect

@Suite("A refresh token") struct RefreshTokenGrantTests {
    @Test(
        "lives from its creation as long as absoluteLifetime says, however often it is used",
        arguments: [(3599.0, true), (3600.0, false)])
    func absoluteLifetime(age: TimeInterval, isGood: Bool) async throws {
        let provider = try await TestProvider { $0.refresh.absoluteLifetime = .seconds(3600) }
        var token = try await provider.tokens().refreshToken
        provider.clock.advance(1800)
        token = try await provider.refresh(token).refreshToken
        provider.clock.advance(age - 1800)
        await expectGrant(isGood) { () throws(OAuthError) in try await provider.refresh(token) }
    }

    @Test("lives from its last use as long as validIfNotUsedFor says", arguments: [(599.0, true), (600.0, false)])
    func idleLifetime(idle: TimeInterval, isGood: Bool) async throws {
        let provider = try await TestProvider { $0.refresh.idleLifetime = .seconds(600) }
        var token = try await provider.tokens().refreshToken
        for _ in 0..<3 {
            provider.clock.advance(500)
            token = try await provider.refresh(token).refreshToken
        }
        provider.clock.advance(idle)
        await expectGrant(isGood) { () throws(OAuthError) in try await provider.refresh(token) }
    }

    @Test("without limits lives for ever")
    func endless() async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().refreshToken
        provider.clock.advance(10 * 365 * 86_400)
        try await provider.keeper.refresh()
        await expectGrant(true) { () throws(OAuthError) in try await provider.refresh(token) }
    }

    @Test("that was replaced is answered once more within the reuse interval, with the same successor")
    func reuseInterval() async throws {
        let provider = try await TestProvider { $0.refresh.reuseInterval = .seconds(30) }
        let first = try await provider.tokens().refreshToken
        provider.clock.advance(60)
        let second = try await provider.refresh(first).refreshToken
        provider.clock.advance(29)
        #expect(try await provider.refresh(first).refreshToken == second)
        #expect(try await provider.refresh(second).refreshToken == second)
    }

    @Test("that was replaced ends its family when it comes after the reuse interval")
    func theft() async throws {
        let provider = try await TestProvider { $0.refresh.reuseInterval = .seconds(30) }
        let first = try await provider.tokens()
        provider.clock.advance(60)
        let second = try await provider.refresh(first.refreshToken)
        provider.clock.advance(30)
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(first.refreshToken) }
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(second.refreshToken) }
        #expect(await !provider.isAccepted(first.accessToken))
        #expect(await !provider.isAccepted(second.accessToken))
        #expect(provider.log.events.contains { if case .replayDetected = $0 { true } else { false } })
    }

    @Test("that was replaced is no repetition without a reuse interval, even for a request that began before the replacement")
    func earlierRequest() async throws {
        let provider = try await TestProvider()
        let first = try await provider.tokens()
        provider.clock.advance(10)
        let second = try await provider.refresh(first.refreshToken)
        provider.clock.advance(-5)
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(first.refreshToken) }
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(second.refreshToken) }
    }

    @Test("that was replaced long ago ends its family too")
    func oldTheft() async throws {
        let provider = try await TestProvider()
        let first = try await provider.tokens()
        var newest = try await provider.refresh(first.refreshToken)
        for _ in 0..<3 { newest = try await provider.refresh(newest.refreshToken) }
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(first.refreshToken) }
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(newest.refreshToken) }
    }

    @Test("that was made up for a known grant ends nothing")
    func invention() async throws {
        let provider = try await TestProvider()
        let given = try await provider.tokens()
        let text = try #require(given.refreshToken)
        let token = try #require(RefreshToken(parsing: text))
        let foreignKey = try SealingKey.generate(id: 1, random: SystemRandom())
        for invented in [token.successor(key: foreignKey), RefreshToken(grantID: token.grantID, secret: token.secret + "a")] {
            await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(invented.text) }
        }
        #expect(await provider.isAccepted(given.accessToken))
        await expectGrant(true) { () throws(OAuthError) in try await provider.refresh(given.refreshToken) }
    }

    @Test("is bound to its client, and is not spent by another's attempt")
    func client() async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().refreshToken
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(token, client: TestProvider.other) }
        await expectGrant(true) { () throws(OAuthError) in try await provider.refresh(token) }
    }

    @Test("may ask for less than was granted, for one answer, and never for more")
    func narrowing() async throws {
        let provider = try await TestProvider()
        var token = try await provider.tokens().refreshToken
        let narrow = try await provider.refresh(token, scope: "openid")
        #expect(narrow.scope == "openid")
        #expect(JWTClaims(unverified: narrow.accessToken)?.all["email"] == nil)
        token = narrow.refreshToken
        let error = await #expect(throws: OAuthError.self) { try await provider.refresh(token, scope: "openid groups") }
        #expect(error?.code == .invalidScope)
        let whole = try await provider.refresh(token)
        #expect(JWTClaims(unverified: whole.accessToken)?.all["email"]?.string == "jane@example.com")
    }

    @Test("brings what the connector says of the person now, but the same subject and time of login")
    func freshClaims() async throws {
        let provider = try await TestProvider()
        let first = try await provider.tokens()
        provider.connector.change {
            $0.email = "doe@example.com"
            $0.userID = "9999"
        }
        provider.clock.advance(100)
        let second = try await provider.refresh(first.refreshToken)
        let (before, after) = (try claims(of: first.idToken), try claims(of: second.idToken))
        #expect(after["email"]?.string == "doe@example.com")
        for name in ["iss", "sub", "aud", "auth_time"] { #expect(after[name] == before[name], "\(name)") }
        #expect(after["iat"]?.integer == (before["iat"]?.integer ?? 0) + 100)
    }

    @Test("survives what is not the person's fault", arguments: [ConnectorError.unavailable("down"), .overloaded])
    func outage(problem: ConnectorError) async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().refreshToken
        provider.connector.set(problem: problem)
        let error = await #expect(throws: OAuthError.self) { try await provider.refresh(token) }
        #expect(error?.code == .temporarilyUnavailable)
        provider.connector.set(problem: nil)
        await expectGrant(true) { () throws(OAuthError) in try await provider.refresh(token) }
    }

    @Test("is still good when the signer was too busy for it")
    func busySigner() async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().refreshToken
        provider.signer.set(isBusy: true)
        let error = await #expect(throws: OAuthError.self) { try await provider.refresh(token) }
        #expect(error?.code == .temporarilyUnavailable)
        provider.signer.set(isBusy: false)
        await expectGrant(true) { () throws(OAuthError) in try await provider.refresh(token) }
    }

    @Test("of a person who is gone is refused", arguments: [ConnectorError.gone("left"), .refused("no")])
    func gone(problem: ConnectorError) async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().refreshToken
        provider.connector.set(problem: problem)
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(token) }
    }

    @Test(
        "in Dex's form is read and written alike; other bytes are none",
        arguments: [
            ("", false), ("AA", false), ("ChlxYWJj", false),
            ("ChlxYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4EhljeXphYmNkZWZnaGlqa2xtbm9wcXJzdHV2", true),
            ("ChlxYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4EhljeXphYmNkZWZnaGlqa2xtbm9wcXJzdHV2AA", false),
        ])
    func form(text: String, isToken: Bool) {
        let token = RefreshToken(parsing: text)
        #expect((token != nil) == isToken)
        if let token {
            #expect(token.text == text)
            #expect(token.grantID == "qabcdefghijklmnopqrstuvwx")
            #expect(token.secret == "cyzabcdefghijklmnopqrstuv")
        }
    }

    @Test("of any bytes is a token that is written as it was read, or none")
    func randomBytes() {
        var random = Seeded(state: 9)
        var (tokens, others) = (0, 0)
        for _ in 0..<20_000 {
            // A token's bytes, of which mostly some are changed, left out or put in.
            var bytes: [UInt8] = []
            for tag: UInt8 in [0x0A, 0x12] {
                let text = (0..<Int.random(in: 1...30, using: &random)).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }
                bytes += [tag, UInt8(text.count)] + text
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert([0x0A, 0x12, 0x80, 0, 2].randomElement(using: &random) ?? 0, at: index)
                }
            }
            guard let token = RefreshToken(parsing: Base64URL.encode(bytes)) else {
                others += 1
                continue
            }
            tokens += 1
            #expect(RefreshToken(parsing: token.text) == token)
        }
        #expect(tokens > 5_000)
        #expect(others > 5_000)
    }
}

/// The same numbers in every run (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
