import Bytes
import FoundationEssentials
import JOSE

/// Checks a token that we issued.
public struct AccessTokenVerifier: Sendable {
    let issuer: String
    let ring: KeyRing
    let revocations: RevocationList
    let clock: any WallClock

    public init(issuer: String, ring: KeyRing, revocations: RevocationList, clock: any WallClock) {
        self.issuer = issuer
        self.ring = ring
        self.revocations = revocations
        self.clock = clock
    }

    /// - Returns: nil for a token that is not an access token of ours, has expired or was revoked: the caller is told no more.
    func verify(_ token: String) async -> VerifiedAccessToken? {
        guard let claims = await signedClaims(token), claims.all["scope"]?.string != nil, claims.all["client_id"]?.string != nil,
            let expiry = claims.expiry, clock.now.timeIntervalSince1970 < Double(expiry), let tokenID = claims.tokenID,
            !revocations.contains(tokenID: tokenID)
        else { return nil }
        return VerifiedAccessToken(claims: claims, tokenID: tokenID, expiresAt: Date(timeIntervalSince1970: Double(expiry)))
    }

    /// The claims of an ID token that we signed, expired or not: for `id_token_hint`.
    func hint(_ token: String) async -> JWTClaims? {
        guard let claims = await signedClaims(token), claims.all["scope"] == nil else { return nil }
        return claims
    }

    private func signedClaims(_ token: String) async -> JWTClaims? {
        guard token.utf8.count <= 32_768 else { return nil }
        let keys = await ring.keys
        guard let jws = try? JWS.verify(token, keys: keys.verification, algorithms: Set(keys.algorithms)),
            let claims = JWTClaims(payload: jws.payload), claims.issuer?.hasSameBytes(as: issuer) ?? false
        else { return nil }
        return claims
    }
}

/// An access token of ours that is good now.
struct VerifiedAccessToken: Sendable {
    let claims: JWTClaims
    let tokenID: String
    let expiresAt: Date

    var clientID: String { claims.all["client_id"]?.string ?? "" }
    var scopes: [String] { (claims.all["scope"]?.string ?? "").fields(at: " ").map(String.init) }
    /// The id shared by everything that was issued together.
    var grantID: String { tokenID.fields(at: ".").first.map(String.init) ?? tokenID }
}
