import FoundationEssentials
import JOSE
import Synchronization
import Testing
import Upstream

/// A provider that answers from memory, counts what it was asked, and can be down or slow.
final class FakeServer: HTTPExchange {
    struct State {
        var answers: [String: UpstreamResponse] = [:]
        var counts: [String: Int] = [:]
        var failure: UpstreamError?
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isHeld = false
    }

    let state = Mutex(State())

    func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse {
        state.withLock { $0.counts[request.url, default: 0] += 1 }
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.isHeld { state.waiting.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        let (failure, answer) = state.withLock { ($0.failure, $0.answers[request.url]) }
        if let failure { throw failure }
        return answer ?? UpstreamResponse(status: 404)
    }

    func answer(_ url: String, _ json: JSON, age: Int? = nil) {
        let headers = age.map { [UpstreamRequest.Header("Cache-Control", "public, max-age=\($0)")] } ?? []
        state.withLock { $0.answers[url] = UpstreamResponse(status: 200, headers: headers, body: json.serialized()) }
    }

    func fail(_ error: UpstreamError?) { state.withLock { $0.failure = error } }

    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let waiting = state.withLock { state in
            state.isHeld = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func count(_ url: String) -> Int { state.withLock { $0.counts[url] ?? 0 } }
}

/// Waits until something is so; a minute later it is taken for never.
func eventually(_ condition: () -> Bool) async throws {
    for _ in 0..<12_000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited for a minute")
}

final class MovableClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_700_000_000))
    var now: Date { time.withLock { $0 } }
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

let issuer = "https://idp.example.com"
let discoveryURL = issuer + "/.well-known/openid-configuration"
let keysURL = issuer + "/keys"

/// A provider with one key, and what it publishes.
struct World {
    let server = FakeServer()
    let clock = MovableClock()
    let key: SigningKey
    let provider: RemoteProvider

    init(discovery: JSONObject = [:], issuer asked: String = issuer, alias: String? = nil) throws {
        key = try SigningKey(keyID: "one", algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
        provider = RemoteProvider(issuer: asked, alias: alias, http: server, keyPause: 10, now: { [clock] in clock.now })
        server.answer(discoveryURL, .object(Self.document(discovery)))
        publish([key])
    }

    static func document(_ changes: JSONObject = [:]) -> JSONObject {
        var document: JSONObject = [
            "issuer": .string(issuer), "authorization_endpoint": "https://idp.example.com/auth",
            "token_endpoint": "https://idp.example.com/token", "jwks_uri": .string(keysURL),
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        ]
        for (name, value) in changes.members { document[name] = value.isNull ? nil : value }
        return document
    }

    func publish(_ keys: [SigningKey], age: Int? = nil) {
        server.answer(keysURL, JWKSet(keys.map(\.jwk)).json, age: age)
    }

    var claims: JSONObject {
        let now = Int64(clock.now.timeIntervalSince1970)
        return [
            "iss": .string(issuer), "sub": "jane", "aud": "us", "exp": .integer(now + 300), "iat": .integer(now),
            "nonce": "the nonce",
        ]
    }

    func token(_ changes: JSONObject = [:], key: SigningKey? = nil) throws -> String {
        var claims = claims
        for (name, value) in changes.members { claims[name] = value.isNull ? nil : value }
        return try (key ?? self.key).sign(claims: claims)
    }

    var rules: IDTokenRules {
        IDTokenRules(issuer: issuer, clientID: "us", nonce: "the nonce", accessToken: "an access token")
    }

    /// What is wrong with a token; nil if it is believed.
    func objection(_ token: String) async -> IDTokenError? {
        do throws(IDTokenError) {
            _ = try await provider.verify(token, rules)
            return nil
        } catch { return error }
    }
}
