import Foundation
import JOSE
import Testing

@testable import OpenIDConnect

@Suite("An access token") struct AccessTokenTests {
    @Test("is good until the second that its claim says", arguments: [(86_399.0, true), (86_400.0, false)])
    func expiry(age: TimeInterval, isGood: Bool) async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().accessToken
        provider.clock.advance(age)
        #expect(await provider.isAccepted(token) == isGood)
    }

    @Test("is good after its key was replaced, for as long as it lives")
    func oldKey() async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().accessToken
        for _ in 0..<23 {
            provider.clock.advance(3600)
            try await provider.keeper.refresh()
            #expect(await provider.isAccepted(token))
        }
    }

    @Test("is not an ID token, and an ID token is none")
    func swapped() async throws {
        let provider = try await TestProvider()
        let given = try await provider.tokens()
        let idToken = try #require(given.idToken)
        #expect(await !provider.isAccepted(idToken))
        #expect(await provider.parts.verifier.hint(given.accessToken) == nil)
        #expect(await provider.parts.verifier.hint(idToken) != nil)
    }

    @Test("of the same keys but another issuer is refused")
    func foreignIssuer() async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().accessToken
        let other = AccessTokenVerifier(
            issuer: "https://issuer.example/other", ring: provider.parts.ring, revocations: provider.parts.revocations,
            clock: provider.clock)
        #expect(await other.verify(token) == nil)
    }

    @Test("shows to UserInfo the claims about the person, and none about the token")
    func userInfo() async throws {
        let provider = try await TestProvider()
        let token = try await provider.tokens().accessToken
        let answer = try await UserInfo(provider.parts).answer(authorization: "bEaReR \(token)", form: nil)
        guard case .json(let bytes) = answer.body else { throw OAuthError(.serverError, "") }
        let claims = try #require(JSON(parsing: bytes).object)
        #expect(claims.members.map(\.name) == ["sub", "email", "email_verified"])
        await #expect(throws: BearerError.invalidRequest("Send the token in one place.")) {
            try await UserInfo(provider.parts).answer(authorization: "Bearer \(token)", form: token)
        }
        provider.clients.replaceStatic([])
        await #expect(throws: BearerError.invalidToken) {
            try await UserInfo(provider.parts).answer(authorization: "Bearer \(token)", form: nil)
        }
    }

    @Test("is shown to whom it is for or from, and is inactive to others")
    func introspection() async throws {
        let provider = try await TestProvider()
        let given = try await provider.tokens()
        func isActive(_ token: String?, _ client: Client) async throws -> Bool? {
            let request = TokenRequest(
                parameters: RequestParameters([("token", token ?? "")] + TestProvider.credentials(client)), authorization: nil)
            let answer = try await Introspection(provider.parts).answer(request)
            if answer["active"] == false { #expect(answer.object?.members.count == 1, "an inactive token shows nothing else") }
            return answer["active"]?.bool
        }
        #expect(try await isActive(given.accessToken, TestProvider.app) == true)
        #expect(try await isActive(given.accessToken, TestProvider.other) == false)
        #expect(try await isActive(given.refreshToken, TestProvider.app) == true)
        #expect(try await isActive(given.refreshToken, TestProvider.other) == false)
        #expect(try await isActive(given.idToken, TestProvider.app) == false)
        #expect(try await isActive("nonsense", TestProvider.app) == false)
        provider.clock.advance(86_400)
        #expect(try await isActive(given.accessToken, TestProvider.app) == false)
    }

    @Test("ends alone when it is revoked; a refresh token takes its access tokens along; another client's stays")
    func revocation() async throws {
        let provider = try await TestProvider()
        func revoke(_ token: String?, _ client: Client = TestProvider.app) async throws {
            try await TokenRevocation(provider.parts).revoke(
                TokenRequest(
                    parameters: RequestParameters([("token", token ?? "")] + TestProvider.credentials(client)), authorization: nil
                ))
        }
        let given = try await provider.tokens()
        try await revoke(given.accessToken, TestProvider.other)
        try await revoke(given.refreshToken, TestProvider.other)
        #expect(await provider.isAccepted(given.accessToken))
        try await revoke(given.accessToken)
        #expect(await !provider.isAccepted(given.accessToken))
        let next = try await provider.refresh(given.refreshToken)
        #expect(await provider.isAccepted(next.accessToken))
        try await revoke(next.refreshToken)
        #expect(await !provider.isAccepted(next.accessToken))
        await expectGrant(false) { () throws(OAuthError) in try await provider.refresh(next.refreshToken) }
    }
}
