import FoundationEssentials
import JOSE
import Testing

@testable import Upstream

/// An ID token with one thing changed, and what must be said about it.
struct TokenCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let changes: @Sendable (Int64) -> JSONObject
    let objection: IDTokenError?

    init(_ name: String, _ objection: IDTokenError?, _ changes: @escaping @Sendable (Int64) -> JSONObject) {
        testDescription = name
        self.objection = objection
        self.changes = changes
    }

    static let all: [TokenCase] = [
        TokenCase("nothing changed", nil) { _ in [:] },
        TokenCase("another issuer", .wrongIssuer) { _ in ["iss": "https://idp.example.com/"] },
        TokenCase("no issuer", .missing("iss")) { _ in ["iss": .null] },
        TokenCase("no subject", .missing("sub")) { _ in ["sub": .null] },
        TokenCase("a subject that is a number", .missing("sub")) { _ in ["sub": 12] },
        TokenCase("an empty subject", .missing("sub")) { _ in ["sub": ""] },
        TokenCase("another audience", .wrongAudience) { _ in ["aud": "them"] },
        TokenCase("our name in other letters", .wrongAudience) { _ in ["aud": "US"] },
        TokenCase("other audiences", .wrongAudience) { _ in ["aud": ["them", "others"], "azp": "us"] },
        TokenCase("no audience", .missing("aud")) { _ in ["aud": .null] },
        TokenCase("a list of us alone", nil) { _ in ["aud": ["us"]] },
        TokenCase("several audiences, given to us", nil) { _ in ["aud": ["them", "us"], "azp": "us"] },
        TokenCase("several audiences, given to nobody", .wrongAuthorizedParty) { _ in ["aud": ["them", "us"]] },
        TokenCase("given to another", .wrongAuthorizedParty) { _ in ["aud": ["us", "them"], "azp": "them"] },
        TokenCase("for us, given to another", .wrongAuthorizedParty) { _ in ["azp": "them"] },
        TokenCase("expired a minute ago", .expired) { now in ["exp": .integer(now - 60)] },
        TokenCase("expired within the skew", nil) { now in ["exp": .integer(now - 59)] },
        TokenCase("no expiry", .missing("exp")) { _ in ["exp": .null] },
        TokenCase("an expiry in words", .missing("exp")) { now in ["exp": .string("\(now + 300)")] },
        TokenCase("issued in the future", .fromTheFuture) { now in ["iat": .integer(now + 61)] },
        TokenCase("issued within the skew", nil) { now in ["iat": .integer(now + 60)] },
        TokenCase("no time of issue", .missing("iat")) { _ in ["iat": .null] },
        TokenCase("not valid yet", .notYetValid) { now in ["nbf": .integer(now + 61)] },
        TokenCase("another nonce", .wrongNonce) { _ in ["nonce": "the nonce "] },
        TokenCase("no nonce", .missing("nonce")) { _ in ["nonce": .null] },
        TokenCase("a fitting at_hash", nil) { _ in
            ["at_hash": .string(Base64URL.encode(HashAlgorithm.sha256.hash(Array("an access token".utf8)).prefix(16)))]
        },
        TokenCase("at_hash of another access token", .wrongAccessToken) { _ in
            ["at_hash": .string(Base64URL.encode(HashAlgorithm.sha256.hash(Array("another".utf8)).prefix(16)))]
        },
    ]
}

@Test(arguments: TokenCase.all)
func `An ID token is believed if and only if every rule holds`(_ example: TokenCase) async throws {
    let world = try World()
    let now = Int64(world.clock.now.timeIntervalSince1970)
    #expect(await world.objection(try world.token(example.changes(now))) == example.objection)
}

@Test func `A token without a signature is refused, whatever the discovery document allows`() async throws {
    let world = try World()
    let header = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
    let payload = Base64URL.encode(world.claims.serialized())
    #expect(await world.objection("\(header).\(payload).") == .signature(.unsupportedAlgorithm("none")))
}

@Test func `The public key is not taken for a shared secret`() async throws {
    let world = try World()
    for secret in [try world.key.key.publicKey.pem(), world.key.jwk.json.text] {
        let token = try JWS.sign(
            payload: world.claims.serialized(), secret: Array(secret.utf8), algorithm: .HS256, keyID: "one")
        #expect(await world.objection(token) == .signature(.algorithmNotAllowed(.HS256)))
    }
}

@Test func `An algorithm that the discovery document does not name is refused`() async throws {
    let world = try World(discovery: ["id_token_signing_alg_values_supported": ["RS256"]])
    #expect(await world.objection(try world.token()) == .signature(.algorithmNotAllowed(.ES256)))
}

@Test func `A provider that announces shared secrets only can sign nobody in`() async throws {
    let world = try World(discovery: ["id_token_signing_alg_values_supported": ["HS256", "none"]])
    #expect(await world.objection(try world.token()) == .noAcceptableAlgorithm)
}

@Test func `Another key under the same name is refused`() async throws {
    let world = try World()
    let other = try SigningKey(keyID: "one", algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
    #expect(await world.objection(try world.token(key: other)) == .signature(.invalidSignature))
}

@Test func `A key that the token brings along is not looked at`() async throws {
    let world = try World()
    let other = try SigningKey(keyID: "two", algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
    let header: JSONObject = ["alg": "ES256", "jwk": other.jwk.json, "kid": "two", "jku": "https://evil.example/keys"]
    let input = Base64URL.encode(header.serialized()) + "." + Base64URL.encode(world.claims.serialized())
    let token = input + "." + Base64URL.encode(try other.key.sign(Array(input.utf8), with: .ES256))
    #expect(await world.objection(token) == .signature(.unknownKey(keyID: "two")))
    #expect(world.server.count("https://evil.example/keys") == 0)
}
