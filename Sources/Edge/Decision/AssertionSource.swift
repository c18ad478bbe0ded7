import FoundationEssentials
import JOSE
public import OpenIDConnect
import Synchronization

/// Statements for backends that a request came through the edge and whom it knows: JWTs in the manner of Google's IAP,
/// signed with ES256 by keys of their own. The same statement serves a person for a part of its life.
public final class AssertionSource: Sendable {
    /// What is made of the configuration.
    public struct Settings: Sendable, Hashable {
        /// Claim `iss`.
        public var issuer: String
        /// Claim `aud` where no policy names one; nil: the origin of the request.
        public var audience: String?
        /// From `iat` to `exp`, in seconds: IAP's are ten minutes at most.
        public var lifetime: Double
        /// Stands with a colon before `sub`, as in IAP's; empty: nothing does.
        public var subjectPrefix: String

        public init(issuer: String, audience: String? = nil, lifetime: Double = 600, subjectPrefix: String = "") {
            self.issuer = issuer
            self.audience = audience
            self.lifetime = lifetime
            self.subjectPrefix = subjectPrefix
        }
    }

    /// Bytes, as Swift's `==` on text takes different code points for the same person.
    private struct Key: Hashable {
        private let bytes: [UInt8]

        init(_ identity: EdgeIdentity, _ audience: String) {
            var bytes: [UInt8] = []
            for part in [identity.issuer, identity.subject, audience, identity.email ?? ""] + identity.groups {
                bytes += part.utf8
                bytes.append(0xFF)
            }
            withUnsafeBytes(of: identity.expiresAt.timeIntervalSince1970) { bytes += $0 }
            self.bytes = bytes
        }
    }

    private struct Entry {
        let assertion: String
        let until: Date
    }

    private let settings: Settings
    private let signer: any TokenSigner
    private let clock: any WallClock
    private let limit: Int
    private let entries = Mutex<[Key: Entry]>([:])

    /// - Parameter limit: statements kept at most.
    public init(_ settings: Settings, signer: any TokenSigner, clock: any WallClock, limit: Int = 8192) {
        self.settings = settings
        self.signer = signer
        self.clock = clock
        self.limit = limit
    }

    func audience(for request: EdgeRequest, _ policy: PolicyDecision) -> String {
        policy.backendAudience ?? settings.audience ?? request.scheme + "://" + request.host
    }

    /// One that was made before and is fresh enough. For event loops.
    func known(_ identity: EdgeIdentity, audience: String) -> String? {
        let now = clock.now
        let entry = entries.withLock { $0[Key(identity, audience)] }
        guard let entry, now < entry.until else { return nil }
        return entry.assertion
    }

    func assertion(for identity: EdgeIdentity, audience: String) async throws(SigningError) -> String {
        if let known = known(identity, audience: audience) { return known }
        let now = clock.now
        let claims = claims(of: identity, audience: audience, now: now)
        let assertion = try await signer.sign { key in try key.sign(claims: claims, type: "JWT") }
        // A backend gets it with most of its life ahead.
        let until = min(now + settings.lifetime / 4, identity.expiresAt)
        entries.withLock { entries in
            if entries.count >= limit {
                entries = entries.filter { now < $0.value.until }
                if entries.count >= limit { entries.removeAll(keepingCapacity: true) }
            }
            entries[Key(identity, audience)] = Entry(assertion: assertion, until: until)
        }
        return assertion
    }

    /// IAP's claims: `sub`, `email`, `aud`, `iss`, `iat`, `exp`; and who vouched, with the groups, for backends that ask.
    private func claims(of identity: EdgeIdentity, audience: String, now: Date) -> JSONObject {
        let issuedAt = Int64(now.timeIntervalSince1970)
        var claims: JSONObject = [
            "iss": .string(settings.issuer),
            "sub": .string(settings.subjectPrefix.isEmpty ? identity.subject : settings.subjectPrefix + ":" + identity.subject),
            "aud": .string(audience), "iat": .integer(issuedAt), "exp": .integer(issuedAt + Int64(settings.lifetime)),
            "identity_source": .string(identity.issuer),
        ]
        claims["email"] = identity.email.map { .string($0) }
        claims["hd"] = identity.claims["hd"]
        if !identity.groups.isEmpty { claims["groups"] = .array(identity.groups.map { .string($0) }) }
        return claims
    }
}
