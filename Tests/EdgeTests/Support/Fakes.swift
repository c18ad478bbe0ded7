import FoundationEssentials
import JOSE
import OpenIDConnect
import Synchronization

@testable import Edge

/// Knows tokens by their text.
struct FakeAuthenticator: EdgeAuthenticator {
    var quickly: [String: EdgeIdentity] = [:]
    var slowly: [String: EdgeAuthentication] = [:]

    private func text(_ credential: EdgeCredential) -> String {
        switch credential {
        case .bearer(let text), .session(let text), .certificate(let text): text
        }
    }

    func known(_ credential: EdgeCredential) -> EdgeIdentity? { quickly[text(credential)] }

    func authenticate(_ credential: EdgeCredential, for request: EdgeRequest) async -> EdgeAuthentication {
        slowly[text(credential)] ?? .invalid(reason: "the token is not known")
    }
}

struct FakePolicy: EdgePolicy {
    var refusesInvalidCredentials = false
    var decision: @Sendable (EdgeRequest, EdgeIdentity?) -> PolicyDecision.Outcome

    func decide(_ request: EdgeRequest, _ identity: EdgeIdentity?) -> PolicyDecision {
        PolicyDecision(decision(request, identity), rule: "a rule")
    }

    /// Everybody who is known may.
    static let known = FakePolicy { _, identity in identity == nil ? .authenticate : .allow }
}

struct FakeLogin: LoginGuide {
    func loginURL(for request: EdgeRequest) -> String? {
        request.headers.first("accept") == "text/html" ? "/oauth2/start?rd=" + request.path : nil
    }
}

struct FixedClock: WallClock {
    var now = Date(timeIntervalSince1970: 1_700_000_000)
}

final class FakeSigner: TokenSigner {
    let key: SigningKey
    let count = Atomic<Int>(0)
    let isFull: Bool

    init(isFull: Bool = false) throws {
        key = try SigningKey(algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
        self.isFull = isFull
    }

    func sign<Value: Sendable>(_ body: @escaping @Sendable (SigningKey) throws -> Value) async throws(SigningError) -> Value {
        if isFull { throw .overloaded }
        count.add(1, ordering: .relaxed)
        do { return try body(key) } catch { throw .failed("\(error)") }
    }
}

extension EdgeIdentity {
    static func person(
        _ subject: String = "u1", email: String? = "jane@example.com", groups: [String] = ["a", "b"], token: String? = "t"
    ) -> EdgeIdentity {
        EdgeIdentity(
            evidence: .bearer, issuer: "https://issuer.example", subject: subject, audiences: ["app"], email: email,
            groups: groups, preferredUsername: "jane", claims: ["team": "blue", "levels": ["x", "y"], "deep": ["a": 1]],
            expiresAt: FixedClock().now + 3600, token: token)
    }
}
