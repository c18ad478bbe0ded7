import Bytes
public import FoundationEssentials
public import JOSE

/// What must hold for the claims of an ID token whose signature was right (OpenID Connect Core §3.1.3.7).
public struct IDTokenRules: Sendable {
    public var issuer: String
    public var clientID: String
    /// What was sent; nil where nothing could be, as in a refresh (§12.2).
    public var nonce: String?
    /// The access token that came with it; `at_hash`, if there, must be of it.
    public var accessToken: String?
    /// How far clocks may be apart, in seconds.
    public var skew: Double

    public init(issuer: String, clientID: String, nonce: String?, accessToken: String? = nil, skew: Double = 60) {
        self.issuer = issuer
        self.clientID = clientID
        self.nonce = nonce
        self.accessToken = accessToken
        self.skew = skew
    }

    /// - Returns: the claims.
    public func check(_ token: VerifiedJWS, now: Date) throws(IDTokenError) -> JSONObject {
        guard let claims = (try? JSON(parsing: token.payload))?.object else { throw .malformed }
        guard let issuer = claims["iss"]?.string else { throw .missing("iss") }
        guard issuer.hasSameBytes(as: self.issuer) else { throw .wrongIssuer }
        guard let subject = claims["sub"]?.string, !subject.isEmpty else { throw .missing("sub") }
        try checkAudience(claims)
        try checkTimes(claims, now: now.timeIntervalSince1970)
        if let nonce {
            guard let found = claims["nonce"]?.string else { throw .missing("nonce") }
            guard constantTimeEquals(Array(found.utf8), Array(nonce.utf8)) else { throw .wrongNonce }
        }
        if let accessToken, let hash = claims["at_hash"] {
            let half = token.algorithm.hash.hash(Array(accessToken.utf8)).prefix(token.algorithm.hash.byteCount / 2)
            guard let hash = hash.string, hash.hasSameBytes(as: Base64URL.encode(half)) else { throw .wrongAccessToken }
        }
        return claims
    }

    private func checkAudience(_ claims: JSONObject) throws(IDTokenError) {
        let audience: [String]
        switch claims["aud"] {
        case .string(let one): audience = [one]
        case .array(let several): audience = several.compactMap(\.string)
        default: throw .missing("aud")
        }
        guard audience.containsExactly(clientID) else { throw .wrongAudience }
        if let party = claims["azp"], !party.isNull {
            guard let party = party.string, party.hasSameBytes(as: clientID) else { throw .wrongAuthorizedParty }
        } else if audience.count > 1 {
            throw .wrongAuthorizedParty
        }
    }

    private func checkTimes(_ claims: JSONObject, now: Double) throws(IDTokenError) {
        guard let expiry = claims["exp"]?.number else { throw .missing("exp") }
        guard now < expiry + skew else { throw .expired }
        guard let issuedAt = claims["iat"]?.number else { throw .missing("iat") }
        guard issuedAt <= now + skew else { throw .fromTheFuture }
        if let notBefore = claims["nbf"], !notBefore.isNull {
            guard let time = notBefore.number else { throw .missing("nbf") }
            guard time <= now + skew else { throw .notYetValid }
        }
    }
}
