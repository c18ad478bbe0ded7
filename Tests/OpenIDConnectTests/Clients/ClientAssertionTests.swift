import Foundation
import JOSE
import Testing

@testable import OpenIDConnect

@Suite("A client assertion") struct ClientAssertionTests {
    private let key: PrivateKey
    private let client: Client

    init() throws {
        key = try PrivateKey.generate(.ec(.p256))
        client = Client(
            id: "app", secret: nil, name: "App", redirectURIs: [TestProvider.redirectURI], authenticationMethod: .privateKeyJWT,
            keys: String(decoding: JWKSet([try SigningKey(algorithm: .ES256, key: key).jwk]).json.serialized(), as: UTF8.self))
    }

    private func assertion(
        _ provider: TestProvider, signedBy other: PrivateKey? = nil, _ change: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        let now = Int64(provider.clock.now.timeIntervalSince1970)
        var claims: JSONObject = [
            "iss": "app", "sub": "app", "aud": .string(TestProvider.issuer), "iat": .integer(now), "exp": .integer(now + 60),
            "jti": "one",
        ]
        change(&claims)
        return try SigningKey(algorithm: .ES256, key: other ?? key).sign(claims: claims)
    }

    private func isAccepted(_ assertion: String, _ provider: TestProvider) async -> Bool {
        let parameters = RequestParameters([
            ("client_assertion", assertion), ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ])
        do throws(OAuthError) {
            return try await provider.parts.clientAuthentication.authenticate(authorization: nil, parameters: parameters).id
                == "app"
        } catch {
            #expect(error.code == .invalidClient)
            return false
        }
    }

    @Test("by a registered key is accepted, once")
    func once() async throws {
        let provider = try await TestProvider(clients: [client])
        let text = try assertion(provider)
        #expect(await isAccepted(text, provider))
        #expect(await !isAccepted(text, provider))
        #expect(await isAccepted(try assertion(provider) { $0["jti"] = "two" }, provider))
    }

    @Test(
        "with one thing wrong is refused, and does not use up its jti",
        arguments: [
            ("iss", JSON.string("other")), ("sub", "other"), ("sub", nil), ("aud", "https://elsewhere.example"), ("aud", nil),
            ("exp", nil),
            ("jti", nil), ("jti", ""), ("jti", 7), ("exp", "soon"),
        ] as [(String, JSON?)])
    func broken(name: String, value: JSON?) async throws {
        let provider = try await TestProvider(clients: [client, TestProvider.other])
        #expect(await !isAccepted(try assertion(provider) { $0[name] = value }, provider))
        #expect(await isAccepted(try assertion(provider), provider))
    }

    @Test(
        "is judged by the clock, with a minute of leeway",
        arguments: [
            ("exp", -59, true), ("exp", -60, false), ("exp", 3599, true), ("exp", 3600, false), ("nbf", 60, true),
            ("nbf", 61, false),
            ("iat", 60, true), ("iat", 61, false), ("iat", -86_400, true),
        ])
    func times(name: String, offset: Int64, isGood: Bool) async throws {
        let provider = try await TestProvider(clients: [client])
        let now = Int64(provider.clock.now.timeIntervalSince1970)
        #expect(await isAccepted(try assertion(provider) { $0[name] = .integer(now + offset) }, provider) == isGood)
    }

    @Test(
        "may name the issuer, the token endpoint, or both as its audience",
        arguments: [
            JSON.string(TestProvider.issuer + "/token"), [.string(TestProvider.issuer)],
            [.string(TestProvider.issuer), .string(TestProvider.issuer + "/token")],
        ])
    func audience(value: JSON) async throws {
        let provider = try await TestProvider(clients: [client])
        #expect(await isAccepted(try assertion(provider) { $0["aud"] = value }, provider))
    }

    @Test(
        "that is meant for anybody else too is refused, and does not use up its jti",
        arguments: [
            ["https://elsewhere.example", .string(TestProvider.issuer)],
            [.string(TestProvider.issuer), "https://elsewhere.example"],
            [.string(TestProvider.issuer), ""], [.string(TestProvider.issuer), .null], [.string(TestProvider.issuer), 1],
            [.string(TestProvider.issuer), [.string(TestProvider.issuer)]], [], "", .object(["a": .string(TestProvider.issuer)]),
            .string(TestProvider.issuer + "/"), .string(TestProvider.issuer + "/token/"), .string(TestProvider.issuer + "/keys"),
            .string("https://\u{212A}issuer.example/dex"),
            [.string(TestProvider.issuer), .string(TestProvider.issuer + "/TOKEN")],
        ] as [JSON])
    func strangers(value: JSON) async throws {
        let shared = Client(
            id: "app", secret: .plain("a secret of thirty-two bytes or so"), name: "App", authenticationMethod: .secretJWT)
        let provider = try await TestProvider(clients: [client])
        let symmetric = try await TestProvider(clients: [shared])
        #expect(await !isAccepted(try assertion(provider) { $0["aud"] = value }, provider))
        #expect(await isAccepted(try assertion(provider), provider))
        let now = Int64(symmetric.clock.now.timeIntervalSince1970)
        func signed(_ audience: JSON) throws -> String {
            let claims: JSONObject = [
                "iss": "app", "sub": "app", "aud": audience, "exp": .integer(now + 60), "jti": "one",
            ]
            return try JWS.sign(
                payload: JSON.object(claims).serialized(), secret: Array("a secret of thirty-two bytes or so".utf8),
                algorithm: .HS256)
        }
        #expect(await !isAccepted(try signed(value), symmetric))
        #expect(await isAccepted(try signed(.string(TestProvider.issuer)), symmetric))
    }

    @Test("by another key, or of a client without keys, is refused")
    func foreignKey() async throws {
        let provider = try await TestProvider(clients: [client])
        #expect(await !isAccepted(try assertion(provider, signedBy: try PrivateKey.generate(.ec(.p256))), provider))
        let keyless = try await TestProvider()
        #expect(await !isAccepted(try assertion(keyless), keyless))
    }

    @Test("does not open a client that is registered for a secret, nor a secret one that is registered for keys")
    func registeredMethod() async throws {
        var basic = client
        basic.authenticationMethod = .basic
        basic.secret = .plain("app-secret")
        let provider = try await TestProvider(clients: [basic])
        #expect(await !isAccepted(try assertion(provider), provider))
        var both = client
        both.secret = .plain("app-secret")
        let other = try await TestProvider(clients: [both])
        await #expect(throws: OAuthError.self) {
            try await other.parts.clientAuthentication.authenticate(
                authorization: nil, parameters: RequestParameters(TestProvider.credentials(both)))
        }
    }
}
