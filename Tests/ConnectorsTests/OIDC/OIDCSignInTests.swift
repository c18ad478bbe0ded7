import JOSE
import OpenIDConnect
import Testing
import Upstream

@testable import Connectors

@Test func `The request carries what was configured, and PKCE's verifier stays here`() async throws {
    let world = try OIDCWorld {
        $0.scopes = ["email", "openid", "groups"]
        $0.acrValues = ["gold", "silver"]
    }
    let asked = try await world.go(scopes: ["openid", "offline_access"], loginHint: "jane@example.com")
    #expect(asked["tenant"] == "1" && asked["client_id"] == "us:1" && asked["response_type"] == "code")
    #expect(asked["redirect_uri"] == OIDCWorld.callback && asked["state"] == "the-state")
    #expect(asked["scope"] == "openid email groups" && asked["acr_values"] == "gold silver")
    #expect(asked["access_type"] == "offline" && asked["prompt"] == "consent" && asked["login_hint"] == "jane@example.com")
    #expect(asked["code_challenge_method"] == "S256")
    try world.give(nonce: asked["nonce"])
    #expect(await world.come().value != nil)
    let form = try #require(world.server.requests(to: OIDCWorld.tokenURL).first).form
    let verifier = try #require(form["code_verifier"])
    #expect(asked["code_challenge"] == Base64URL.encode(HashAlgorithm.sha256.hash(Array(verifier.utf8))))
    #expect(!asked.values.contains(verifier) && form["code"] == "the code" && form["redirect_uri"] == OIDCWorld.callback)
}

@Test func `Without offline access there is no prompt, and nothing is kept`() async throws {
    let world = try OIDCWorld()
    let asked = try await world.go()
    #expect(asked["prompt"] == nil && asked["access_type"] == nil)
    #expect(try await world.signIn().value?.connectorData == nil)
    let kept = try await world.signIn(scopes: ["openid", "offline_access"]).value?.connectorData
    #expect(kept == Array(#"{"RefreshToken":"cnQ="}"#.utf8))
}

@Test(
    arguments: [
        (["S256", "plain"], nil, "S256"), (["plain"], nil, "plain"), ([], nil, nil), ([], .S256, "S256"),
        (["S256"], .plain, "plain"),
    ] as [([String], OIDCChallenge?, String?)])
func `The challenge is the configured one, or the best that is announced`(
    _ announced: [String], _ configured: OIDCChallenge?, _ expected: String?
) async throws {
    let world = try OIDCWorld(discovery: ["code_challenge_methods_supported": .array(announced.map(JSON.string))]) {
        $0.challenge = configured
    }
    #expect(try await world.go()["code_challenge_method"] == expected)
}

@Test func `An answer of another issuer is refused, and one without when it must be named`() async throws {
    let world = try OIDCWorld(discovery: ["authorization_response_iss_parameter_supported": true])
    let asked = try await world.go()
    try world.give(nonce: asked["nonce"])
    #expect(await world.come().failure != nil)
    #expect(await world.come([("code", "c"), ("iss", "https://evil.example")]).failure != nil)
    #expect(world.server.requests(to: OIDCWorld.tokenURL).isEmpty, "the code must not get to anybody")
    #expect(await world.come([("code", "c"), ("iss", OIDCWorld.issuer)]).value != nil)
    let silent = try OIDCWorld()
    try silent.give(nonce: try await silent.go()["nonce"])
    #expect(await silent.come([("code", "c"), ("iss", "https://evil.example")]).failure != nil)
    #expect(await silent.come().value != nil)
}

@Test func `What a provider says instead of a code is understood`() async throws {
    let world = try OIDCWorld()
    _ = try await world.go()
    guard
        case .denied(.declined, let text)? = await world.come([("error", "access_denied"), ("error_description", "no\nway")])
            .failure
    else {
        Issue.record("access_denied is a person's word")
        return
    }
    #expect(text.contains("access_denied: no way"))
    guard case .unavailable? = await world.come([("error", "temporarily_unavailable")]).failure else {
        Issue.record("trouble there is not the person's fault")
        return
    }
    guard case .refused? = await world.come([("error", "invalid_scope")]).failure else {
        Issue.record("invalid_scope is for operators")
        return
    }
}

/// A token with one thing wrong. The rules themselves have their tests in UpstreamTests; here they must be in use.
@Test(
    arguments: [
        ["nonce": "another"], ["nonce": .null], ["iss": "https://evil.example"], ["aud": "them"], ["azp": "them"], ["exp": 1],
        ["iat": 9_999_999_999],
    ] as [JSONObject])
func `An ID token that breaks a rule signs nobody in`(_ claims: JSONObject) async throws {
    guard case .refused? = try await OIDCWorld().signIn(claims).failure else {
        Issue.record("\(claims) was believed")
        return
    }
}

@Test func `A sign-in without its memory, or an answer without an ID token, is refused`() async throws {
    let world = try OIDCWorld()
    let asked = try await world.go()
    try world.give(nonce: asked["nonce"])
    #expect(await world.come(memory: []).failure != nil)
    try world.give(nonce: asked["nonce"], answer: ["access_token": "at", "id_token": .null])
    #expect(await world.come().failure == .refused("the token endpoint answered without an ID token"))
}

@Test(
    arguments: [
        (nil, nil, "header"), (["client_secret_post"], nil, "form"),
        (["client_secret_basic", "client_secret_post"], nil, "header"),
        (["client_secret_basic"], true, "form"), (["client_secret_post"], false, "header"),
    ] as [([String]?, Bool?, String)])
func `The secret goes where the configuration or the provider says`(
    _ announced: [String]?, _ inForm: Bool?, _ expected: String
) async throws {
    let methods: JSON = announced.map { .array($0.map(JSON.string)) } ?? .null
    let world = try OIDCWorld(discovery: ["token_endpoint_auth_methods_supported": methods]) { $0.sendsSecretInForm = inForm }
    #expect(try await world.signIn().value != nil)
    let request = try #require(world.server.requests(to: OIDCWorld.tokenURL).first)
    if expected == "header" {
        #expect(request.header("Authorization") == "Basic " + Base64.encode("us%3A1:a%20secret%3A%2B%2F".utf8))
        #expect(request.form["client_secret"] == nil)
    } else {
        #expect(request.header("Authorization") == nil && request.form["client_id"] == "us:1")
        #expect(request.form["client_secret"] == "a secret:+/")
    }
}

@Test func `A provider that takes the secret only in the form is found out once`() async throws {
    let world = try OIDCWorld()
    let asked = try await world.go()
    try world.give(nonce: asked["nonce"])
    let good = try await world.server.send(.init(.post, OIDCWorld.tokenURL))
    world.server.at(OIDCWorld.tokenURL) { request throws(UpstreamError) in
        request.form["client_secret"] == nil ? UpstreamResponse(status: 401) : good
    }
    #expect(await world.come().value != nil)
    #expect(await world.come().value != nil)
    #expect(world.server.requests(to: OIDCWorld.tokenURL).count == 1 + 2 + 1)
}

@Test func `A secret that is wrong is not the person's fault`() async throws {
    let world = try OIDCWorld()
    _ = try await world.go()
    world.server.at(OIDCWorld.tokenURL, status: 401, ["error": "invalid_client"])
    #expect(await world.come().failure == .unavailable("the provider does not accept clientID and clientSecret"))
}

@Test func `Claims of the userinfo endpoint win, and must be about the same person`() async throws {
    let world = try OIDCWorld { $0.asksUserInfo = true }
    world.server.at(OIDCWorld.userInfoURL, ["sub": "jane", "name": "Jane of userinfo"])
    #expect(try await world.signIn().value?.identity.username == "Jane of userinfo")
    #expect(world.server.requests(to: OIDCWorld.userInfoURL).first?.header("Authorization") == "Bearer at")
    for answer in [["sub": "john", "name": "x"], ["name": "x"]] as [JSON] {
        world.server.at(OIDCWorld.userInfoURL, answer)
        #expect(try await world.signIn().failure == .refused("the userinfo endpoint answered about somebody else"))
    }
}

@Test func `A signed answer of the userinfo endpoint is verified`() async throws {
    let world = try OIDCWorld { $0.asksUserInfo = true }
    let other = try SigningKey(keyID: "one", algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
    for (key, isGood) in [(world.key, true), (other, false)] {
        let jwt = try key.sign(claims: ["sub": "jane", "name": "Signed"])
        world.server.at(OIDCWorld.userInfoURL) { _ throws(UpstreamError) in
            UpstreamResponse(
                status: 200, headers: [.init("Content-Type", "application/jwt;charset=UTF-8")], body: Array(jwt.utf8))
        }
        #expect(try await world.signIn().value?.identity.username == (isGood ? "Signed" : nil))
    }
}

@Test func `A provider that is down is unavailable, and nothing is said of the person`() async throws {
    let world = try OIDCWorld()
    _ = try await world.go()
    world.server.at(OIDCWorld.tokenURL) { _ throws(UpstreamError) in throw .unreachable("down") }
    #expect(await world.come().failure == .unavailable("down"))
    world.server.at(OIDCWorld.tokenURL) { _ throws(UpstreamError) in throw .overloaded }
    #expect(await world.come().failure == .overloaded)
    world.server.at(OIDCWorld.tokenURL, status: 502, .null)
    #expect(await world.come().failure == .unavailable("the token endpoint answered with status 502"))
}
