import FoundationEssentials
import JOSE
import OpenIDConnect
import Synchronization
import Testing
import Upstream

@testable import Edge

/// Another issuer's server in memory: counts what it is asked, and can be down or slow.
final class FakeIssuerServer: HTTPExchange {
    struct State {
        var answers: [String: UpstreamResponse] = [:]
        var asked: [UpstreamRequest] = []
        var failure: UpstreamError?
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isHeld = false
    }

    let state = Mutex(State())

    func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                state.asked.append(request)
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

    func count(_ url: String) -> Int { state.withLock { $0.asked.count { $0.url == url } } }
}

final class FakeClock: OpenIDConnect.WallClock {
    private let time = Mutex(Date(timeIntervalSince1970: 1_700_000_000))
    var now: Date { time.withLock { $0 } }
    var seconds: Int64 { Int64(now.timeIntervalSince1970) }
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

final class RecordedEvents: IdentityLog {
    private let list = Mutex<[IdentityEvent]>([])
    func record(_ event: IdentityEvent) { list.withLock { $0.append(event) } }
    var all: [IdentityEvent] { list.withLock { $0 } }
}

/// An issuer, a clock and somebody who checks its tokens.
struct IdentityWorld {
    static let issuer = "https://idp.example.com"
    static let discoveryURL = issuer + "/.well-known/openid-configuration"
    static let keysURL = issuer + "/keys"

    let server = FakeIssuerServer()
    let clock = FakeClock()
    let log = RecordedEvents()
    let key: SigningKey

    init() throws {
        key = try Self.key("one")
        server.answer(
            Self.discoveryURL,
            [
                "issuer": .string(Self.issuer), "jwks_uri": .string(Self.keysURL),
                "introspection_endpoint": .string(Self.issuer + "/introspect"),
            ])
        publish([key])
    }

    static func key(_ keyID: String, _ algorithm: SignatureAlgorithm = .ES256) throws -> SigningKey {
        try SigningKey(keyID: keyID, algorithm: algorithm, key: PrivateKey.generate(.ec(.p256)))
    }

    func publish(_ keys: [SigningKey], age: Int? = nil) {
        server.answer(Self.keysURL, JWKSet(keys.map(\.jwk)).json, age: age)
    }

    var trusted: TrustedIssuer { TrustedIssuer(issuer: Self.issuer, keys: .discovery, audiences: ["us", "them"]) }

    func authenticator(
        _ issuers: [TrustedIssuer]? = nil, provider: TokenAuthenticator.Provider? = nil,
        _ change: (inout TokenAuthenticator.Limits) -> Void = { _ in }
    ) throws -> TokenAuthenticator {
        var limits = TokenAuthenticator.Limits()
        change(&limits)
        return try TokenAuthenticator(issuers: issuers ?? [trusted], provider: provider, clock: clock, log: log, limits: limits) {
            _ in server
        }
    }

    func claims(_ changes: JSONObject = [:]) -> JSONObject {
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "sub": "jane", "aud": "us", "exp": .integer(clock.seconds + 300),
            "iat": .integer(clock.seconds),
        ]
        for (name, value) in changes.members { claims[name] = value.isNull ? nil : value }
        return claims
    }

    /// - Parameter changes: `null` removes a claim.
    func token(_ changes: JSONObject = [:], key: SigningKey? = nil, type: String? = nil) throws -> String {
        try (key ?? self.key).sign(payload: JSON.object(claims(changes)).serialized(), type: type)
    }

    /// A token with a header of the test's making, signed by nobody.
    func unsigned(header: JSONObject, _ changes: JSONObject = [:], signature: [UInt8] = [1, 2, 3]) -> String {
        let parts = [JSON.object(header).serialized(), JSON.object(claims(changes)).serialized(), signature]
        return parts.map { Base64URL.encode($0) }.joined(separator: ".")
    }
}

extension TokenAuthenticator {
    /// Who a token in `Authorization` belongs to; nil if it is not believed.
    func who(_ token: String, _ request: EdgeRequest? = nil) async -> EdgeIdentity? {
        let request = request ?? EdgeRequest(host: "a.example", headers: ["authorization": "Bearer " + token])
        if case .identity(let identity) = await authenticate(.bearer(token), for: request) { return identity }
        return nil
    }

    /// Why it is not believed; nil if it is.
    func objection(_ token: String, _ request: EdgeRequest? = nil) async -> String? {
        let request = request ?? EdgeRequest(host: "a.example", headers: ["authorization": "Bearer " + token])
        switch await authenticate(.bearer(token), for: request) {
        case .identity, .renewed: return nil
        case .invalid(let reason): return reason
        case .unavailable(let reason): return "503 " + reason
        }
    }
}

/// Waits until something is so; a minute later it is taken for never.
func soon(_ condition: () -> Bool) async throws {
    for _ in 0..<12_000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited for a minute")
}
