import FoundationEssentials
import JOSE

extension EdgeSession {
    /// - Parameter until: when the session has to be looked at again, at the latest at its end.
    /// - Throws: when the ID token names nobody, or more groups than anybody has.
    func identity(_ rules: TrustedIssuer, now: Date, until: Date) throws(TokenRefusal) -> EdgeIdentity {
        var rules = rules
        rules.issuer = issuer
        let (reader, claims) = (IdentityReader(issuer: rules), TokenClaims(all: claims))
        let reading = try reader.identity(
            claims, groups: reader.groups(claims), token: idToken, end: until.timeIntervalSince1970)
        var identity = reading.identity
        identity.evidence = .session(id)
        // Whoever gets an expired token refuses the request; without one they are told by our headers.
        if tokenExpiresAt <= now { identity.token = nil }
        identity.accessToken = accessToken
        return identity
    }
}
