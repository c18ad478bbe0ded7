import Bytes
import FoundationEssentials
public import JOSE

/// The one place where claims are decided.
public struct TokenIssuer: Sendable {
    let settings: ProviderSettings
    let signer: any TokenSigner
    let clock: any WallClock
    let random: any RandomSource

    public init(settings: ProviderSettings, signer: any TokenSigner, clock: any WallClock, random: any RandomSource) {
        self.settings = settings
        self.signer = signer
        self.clock = clock
        self.random = random
    }

    struct Wanted: OptionSet {
        let rawValue: Int
        static let accessToken = Wanted(rawValue: 1)
        static let idToken = Wanted(rawValue: 2)
    }

    struct Issued: Sendable {
        var accessToken: String?
        var idToken: String?
        /// In seconds.
        var expiresIn: Int
    }

    /// - Parameter code: the authorization code that the ID token is issued with: claim `c_hash`.
    func issue(_ subject: TokenSubject, _ wanted: Wanted, code: String? = nil) async throws(SigningError) -> Issued {
        let now = clock.now
        let lifetime = Int(settings.tokenLifetime.timeInterval)
        let issuedAt = Int64(now.timeIntervalSince1970)
        let accessID = subject.grantID + "." + Base64URL.encode(random.bytes(9))
        let idID = subject.grantID + "." + Base64URL.encode(random.bytes(9))
        let format = settings.accessTokenFormat
        let claims = CommonClaims(settings: settings, subject: subject, issuedAt: issuedAt, expiresAt: issuedAt + Int64(lifetime))
        return try await signer.sign { key in
            var issued = Issued(expiresIn: lifetime)
            if wanted.contains(.accessToken) {
                issued.accessToken = try key.sign(
                    payload: JSON.object(claims.accessToken(id: accessID)).serialized(), type: format == .rfc9068 ? "at+jwt" : nil
                )
            }
            if wanted.contains(.idToken) {
                issued.idToken = try key.sign(
                    payload: JSON.object(
                        claims.idToken(
                            id: idID, accessTokenHash: issued.accessToken.map { halfHash($0, key.algorithm) },
                            codeHash: code.map { halfHash($0, key.algorithm) })
                    ).serialized(), type: nil)
            }
            return issued
        }
    }
}

/// `at_hash`, `c_hash`: the left half of the hash that the algorithm uses (OpenID Connect Core §3.1.3.6, §3.3.2.11).
private func halfHash(_ text: String, _ algorithm: SignatureAlgorithm) -> String {
    let digest = algorithm.hash.hash(Array(text.utf8))
    return Base64URL.encode(digest[..<(digest.count / 2)])
}

/// The claims of ID and access token of one answer, in Dex's order.
private struct CommonClaims: Sendable {
    let settings: ProviderSettings
    let subject: TokenSubject
    let issuedAt: Int64
    let expiresAt: Int64

    func accessToken(id: String) -> JSONObject {
        var claims = common(id: id)
        // RFC 9068 §2.2: these two tell an access token from an ID token, whatever its `typ`.
        claims["client_id"] = .string(subject.clientID)
        claims["scope"] = .string(subject.scopes.joined(separator: " "))
        return claims
    }

    func idToken(id: String, accessTokenHash: String?, codeHash: String?) -> JSONObject {
        var claims = common(id: id)
        if let accessTokenHash { claims["at_hash"] = .string(accessTokenHash) }
        if let codeHash { claims["c_hash"] = .string(codeHash) }
        return claims
    }

    private func common(id: String) -> JSONObject {
        let authentication = subject.authentication
        let identity = authentication.identity
        let audience = ScopeRule.audience(of: subject.scopes, clientID: subject.clientID)
        var claims: JSONObject = [
            "iss": .string(settings.issuer),
            "sub": .string(Subject.make(userID: identity.userID, connectorID: authentication.connectorID)),
            "aud": audience.count == 1 ? .string(audience[0]) : .array(audience.map(JSON.string)),
            "exp": .integer(expiresAt),
            "iat": .integer(issuedAt),
            "jti": .string(id),
            "auth_time": .integer(Int64(authentication.time.timeIntervalSince1970)),
        ]
        if audience.count > 1 { claims["azp"] = .string(subject.clientID) }
        if !subject.nonce.isEmpty { claims["nonce"] = .string(subject.nonce) }
        if !authentication.methods.isEmpty { claims["amr"] = .array(authentication.methods.map(JSON.string)) }
        if subject.wants(scope: "email", claim: "email"), !identity.email.isEmpty { claims["email"] = .string(identity.email) }
        if subject.wants(scope: "email", claim: "email_verified") { claims["email_verified"] = .bool(identity.emailVerified) }
        if subject.wants(scope: "groups", claim: "groups"), !identity.groups.isEmpty {
            claims["groups"] = .array(identity.groups.map(JSON.string))
        }
        if subject.wants(scope: "profile", claim: "name"), !identity.username.isEmpty {
            claims["name"] = .string(identity.username)
        }
        if subject.wants(scope: "profile", claim: "preferred_username"), !identity.preferredUsername.isEmpty {
            claims["preferred_username"] = .string(identity.preferredUsername)
        }
        if subject.scopes.containsExactly("federated:id") {
            claims["federated_claims"] = .object([
                "connector_id": .string(authentication.connectorID), "user_id": .string(identity.userID),
            ])
        }
        return claims
    }
}
