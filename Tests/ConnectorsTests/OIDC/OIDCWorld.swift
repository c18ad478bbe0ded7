import FoundationEssentials
import JOSE
import OpenIDConnect
import Synchronization
import Upstream

@testable import Connectors

/// A provider that answers from memory, and remembers what it was asked.
final class FakeProvider: HTTPExchange {
    typealias Answer = @Sendable (UpstreamRequest) throws(UpstreamError) -> UpstreamResponse

    private let state = Mutex<(answers: [String: Answer], requests: [UpstreamRequest])>(([:], []))

    func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answers[request.url]
        }
        guard let answer else { return UpstreamResponse(status: 404) }
        return try answer(request)
    }

    func at(_ url: String, _ answer: @escaping Answer) { state.withLock { $0.answers[url] = answer } }

    func at(_ url: String, status: Int = 200, _ json: JSON) {
        at(url) { _ throws(UpstreamError) in UpstreamResponse(status: status, body: json.serialized()) }
    }

    func requests(to url: String) -> [UpstreamRequest] { state.withLock { $0.requests.filter { $0.url == url } } }
}

extension UpstreamRequest {
    /// The fields of a form.
    var form: [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = try? PercentEncoding.decode(parts[1])
        }
        return fields
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

struct FixedClock: WallClock {
    let now = Date(timeIntervalSince1970: 1_700_000_000)
}

/// A connector in front of a fake provider.
struct OIDCWorld {
    static let issuer = "https://idp.example.com"
    static let tokenURL = issuer + "/token"
    static let userInfoURL = issuer + "/userinfo"
    static let callback = "https://sso.example.com/callback"

    let server = FakeProvider()
    let clock = FixedClock()
    let key: SigningKey
    let connector: OIDCConnector
    private let memory = Box()

    private final class Box: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    init(discovery: JSONObject = [:], _ change: (inout OIDCSettings) -> Void = { _ in }) throws {
        key = try SigningKey(keyID: "one", algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
        var settings = OIDCSettings(issuer: Self.issuer, clientID: "us:1", clientSecret: "a secret:+/")
        change(&settings)
        let provider = RemoteProvider(issuer: Self.issuer, http: server, now: { [clock] in clock.now })
        connector = OIDCConnector(settings, provider: provider, http: server, random: SystemRandom())
        var document: JSONObject = [
            "issuer": .string(Self.issuer), "authorization_endpoint": "https://idp.example.com/auth?tenant=1",
            "token_endpoint": .string(Self.tokenURL), "jwks_uri": "https://idp.example.com/keys",
            "userinfo_endpoint": .string(Self.userInfoURL), "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["plain", "S256"],
        ]
        for (name, value) in discovery.members { document[name] = value.isNull ? nil : value }
        server.at(Self.issuer + "/.well-known/openid-configuration", .object(document))
        server.at("https://idp.example.com/keys", JWKSet([key.jwk]).json)
    }

    /// The address that a browser is sent to.
    func go(scopes: [String] = ["openid"], loginHint: String? = nil) async throws -> [String: String] {
        let visit = ConnectorVisit(callbackURL: Self.callback, scopes: scopes, loginHint: loginHint) {
            [memory] bytes throws(ConnectorError) in
            memory.bytes.withLock { $0 = bytes }
            return "the-state"
        }
        guard case .address(let url) = try await connector.destination(for: visit) else { return [:] }
        var fields: [String: String] = [:]
        for pair in url.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = try PercentEncoding.decode(parts[1])
        }
        return fields
    }

    /// The provider gives tokens with these claims; null removes one.
    func give(
        _ changes: JSONObject = [:], nonce: String? = nil, answer: JSONObject = ["access_token": "at", "refresh_token": "rt"]
    ) throws {
        let now = Int64(clock.now.timeIntervalSince1970)
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "sub": "jane", "aud": "us:1", "exp": .integer(now + 300), "iat": .integer(now),
            "name": "Jane Doe", "email": "jane@example.com", "email_verified": true,
        ]
        claims["nonce"] = nonce.map(JSON.string)
        for (name, value) in changes.members { claims[name] = value.isNull ? nil : value }
        var tokens = answer
        if tokens["id_token"] == nil { tokens["id_token"] = .string(try key.sign(claims: claims)) }
        if tokens["id_token"]?.isNull ?? false { tokens["id_token"] = nil }
        server.at(Self.tokenURL, .object(tokens))
    }

    /// The browser comes back.
    func come(
        _ parameters: [(name: String, value: String)] = [("code", "the code")], scopes: [String] = ["openid"],
        memory: [UInt8]? = nil
    ) async -> Result<ConnectorIdentity, ConnectorError> {
        let answer = ConnectorAnswer(
            parameters: RequestParameters(parameters), callbackURL: Self.callback, scopes: scopes,
            memory: memory ?? self.memory.bytes.withLock { $0 })
        do throws(ConnectorError) { return .success(try await connector.identity(from: answer)) } catch { return .failure(error) }
    }

    /// A whole sign-in with these claims.
    func signIn(
        _ claims: JSONObject = [:], scopes: [String] = ["openid"]
    ) async throws -> Result<ConnectorIdentity, ConnectorError> {
        let asked = try await go(scopes: scopes)
        try give(claims, nonce: asked["nonce"])
        return await come(scopes: scopes)
    }

    func refresh(_ data: String) async -> Result<ConnectorIdentity, ConnectorError> {
        let identity = Identity(userID: "jane", username: "Jane", email: "old@example.com", emailVerified: true)
        do throws(ConnectorError) {
            return .success(try await connector.refresh(identity, connectorData: Array(data.utf8), scopes: ["openid"]))
        } catch { return .failure(error) }
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }

    var value: Success? { try? get() }
}
