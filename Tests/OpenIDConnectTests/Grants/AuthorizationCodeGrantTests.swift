import Foundation
import JOSE
import Testing

@testable import OpenIDConnect

@Suite("A code") struct AuthorizationCodeGrantTests {
    @Test("gives tokens with the hashes that bind them together")
    func hashes() async throws {
        let provider = try await TestProvider()
        let code = try await provider.code()
        let response = try await provider.redeem(code)
        let claims = try claims(of: response.idToken)
        let half = { (text: String) in Base64URL.encode(HashAlgorithm.sha256.hash(Array(text.utf8)).prefix(16)) }
        #expect(claims["at_hash"]?.string == half(response.accessToken))
        #expect(claims["c_hash"]?.string == half(code))
        #expect(claims["auth_time"]?.integer == Int64(provider.clock.now.timeIntervalSince1970))
        #expect(response.refreshToken != nil)
    }

    @Test("is good until its last second and not after", arguments: [(59.0, true), (60.0, false), (3600.0, false)])
    func expiry(age: TimeInterval, isGood: Bool) async throws {
        let provider = try await TestProvider()
        let code = try await provider.code()
        provider.clock.advance(age)
        await expectGrant(isGood) { () throws(OAuthError) in try await provider.redeem(code) }
    }

    @Test("is bound to its client and its redirect URI, and a wrong attempt does not use it up")
    func binding() async throws {
        let provider = try await TestProvider()
        let code = try await provider.code()
        await expectGrant(false) { () throws(OAuthError) in try await provider.redeem(code, client: TestProvider.other) }
        await expectGrant(false) { () throws(OAuthError) in
            try await provider.redeem(code, redirectURI: TestProvider.redirectURI + "/")
        }
        await expectGrant(false) { () throws(OAuthError) in try await provider.redeem(code + "A") }
        await expectGrant(true) { () throws(OAuthError) in try await provider.redeem(code) }
    }

    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = [
        (name: "code_challenge", value: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        (name: "code_challenge_method", value: "S256"),
    ]

    @Test(
        "with a challenge needs its verifier; one without a challenge takes none (RFC 9700 §4.8.2)",
        arguments: [
            (true, verifier, true), (true, nil, false), (true, String(repeating: "x", count: 43), false), (false, nil, true),
            (false, verifier, false),
        ] as [(Bool, String?, Bool)])
    func proofKey(hasChallenge: Bool, verifier: String?, isGood: Bool) async throws {
        let provider = try await TestProvider()
        let code = try await provider.code(provider.authorization(hasChallenge ? Self.challenge : []))
        await expectGrant(isGood) { () throws(OAuthError) in try await provider.redeem(code, verifier: verifier) }
    }

    @Test("that comes a second time ends everything that came of it")
    func replay() async throws {
        let provider = try await TestProvider()
        let code = try await provider.code()
        let first = try await provider.redeem(code)
        let rotated = try await provider.refresh(first.refreshToken)
        #expect(await provider.isAccepted(first.accessToken))
        await expectGrant(false) { () throws(OAuthError) in try await provider.redeem(code) }
        #expect(await !provider.isAccepted(first.accessToken))
        #expect(await !provider.isAccepted(rotated.accessToken))
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(rotated.refreshToken) }
    }

    @Test("that comes a second time from another client ends nothing")
    func foreignReplay() async throws {
        let provider = try await TestProvider()
        let code = try await provider.code()
        let first = try await provider.redeem(code)
        await expectGrant(false) { () throws(OAuthError) in try await provider.redeem(code, client: TestProvider.other) }
        #expect(await provider.isAccepted(first.accessToken))
    }

    @Test("is still good when the signer was too busy for it")
    func busySigner() async throws {
        let provider = try await TestProvider()
        let code = try await provider.code()
        provider.signer.set(isBusy: true)
        let error = await #expect(throws: OAuthError.self) { try await provider.redeem(code) }
        #expect(error?.code == .temporarilyUnavailable)
        provider.signer.set(isBusy: false)
        await expectGrant(true) { () throws(OAuthError) in try await provider.redeem(code) }
    }
}

/// The claims of a token, unverified.
func claims(of token: String?) throws -> JSONObject {
    let text = try #require(token)
    return try #require(JWTClaims(unverified: text)).all
}

/// Whether a grant is answered with tokens, or with `invalid_grant`.
func expectGrant(
    _ isGood: Bool, sourceLocation: SourceLocation = #_sourceLocation, _ attempt: () async throws(OAuthError) -> TokenResponse
) async {
    do throws(OAuthError) {
        _ = try await attempt()
        #expect(isGood, "tokens were given", sourceLocation: sourceLocation)
    } catch {
        #expect(!isGood, "\(error)", sourceLocation: sourceLocation)
        #expect(error.code == .invalidGrant, sourceLocation: sourceLocation)
    }
}
