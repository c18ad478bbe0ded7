import FoundationEssentials
import JOSE

extension EdgeSession {
    /// - Parameter expiresAt: the end of the session.
    func identity(_ rules: TrustedIssuer, now: Date, expiresAt: Date) -> EdgeIdentity {
        let audiences: [String] =
            switch claims["aud"] {
            case .string(let one): [one]
            case .array(let several): several.compactMap(\.string)
            default: []
            }
        let groups: [String] =
            switch claims[rules.groupsClaim] {
            case .string(let one): [one]
            case .array(let several): several.compactMap(\.string)
            default: []
            }
        let isVerified = rules.takesUnverifiedEmail || claims["email_verified"]?.bool ?? false
        return EdgeIdentity(
            evidence: .session(id), issuer: issuer, subject: subject, audiences: audiences,
            email: isVerified ? claims[rules.emailClaim]?.string : nil, groups: groups,
            preferredUsername: claims[rules.preferredUsernameClaim]?.string, name: claims["name"]?.string, claims: claims,
            expiresAt: expiresAt,
            // Whoever gets an expired token refuses the request; without one they are told by our headers.
            token: now < tokenExpiresAt ? idToken : nil, accessToken: accessToken)
    }
}
