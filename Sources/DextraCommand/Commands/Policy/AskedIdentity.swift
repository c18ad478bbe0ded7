import Edge
import FoundationEssentials
import JOSE

/// Who asks, as far as the request says, believed without proof.
enum AskedIdentity {
    case nobody
    case somebody(EdgeIdentity)
    /// A token that the edge would not take.
    case refused(reason: String)

    /// - Parameter issuers: whose tokens are believed; empty: any.
    init(_ asked: AskedRequest, issuers: [TrustedIssuer]) throws(Failure) {
        if let claims = asked.claims {
            self = Self.identity(claims, token: nil, issuers)
            return
        }
        if let token = asked.token {
            self = Self.identity(try TokenText(token).token(), token, issuers)
            return
        }
        let locations = issuers.isEmpty ? [TrustedIssuer.authorization] : issuers.flatMap(\.locations)
        guard case .bearer(let token)? = CredentialFinder(tokenLocations: locations).credential(in: asked.request) else {
            self = .nobody
            return
        }
        guard let parsed = try? UnverifiedJWS(parsing: token) else {
            self = .refused(reason: "the token is not a signed JWT")
            return
        }
        self = Self.identity(parsed, token, issuers)
    }

    private static func identity(_ token: UnverifiedJWS, _ text: String, _ issuers: [TrustedIssuer]) -> AskedIdentity {
        guard let claims = (try? JSON(parsing: token.payload))?.object else {
            return .refused(reason: "the token has no claims")
        }
        return identity(claims, token: text, issuers)
    }

    private static func identity(_ claims: JSONObject, token: String?, _ issuers: [TrustedIssuer]) -> AskedIdentity {
        let issuer = claims["iss"]?.string ?? ""
        let audiences = texts(claims["aud"])
        var trusted = TrustedIssuer(issuer: issuer, keys: .discovery)
        if !issuers.isEmpty {
            let known = issuers.filter { $0.issuer == issuer }
            guard !known.isEmpty else { return .refused(reason: "its issuer is not trusted") }
            let fitting = known.first { $0.audiences.isEmpty || !Set($0.audiences).isDisjoint(with: audiences) }
            guard let fitting else { return .refused(reason: "it is for another audience") }
            trusted = fitting
        }
        let isVerified = trusted.takesUnverifiedEmail || claims["email_verified"]?.bool == true
        return .somebody(
            EdgeIdentity(
                evidence: .bearer, issuer: issuer, subject: claims["sub"]?.string ?? "", audiences: audiences,
                email: isVerified ? claims[trusted.emailClaim]?.string : nil, groups: texts(claims[trusted.groupsClaim]),
                preferredUsername: claims[trusted.preferredUsernameClaim]?.string, name: claims["name"]?.string, claims: claims,
                expiresAt: .distantFuture, token: token))
    }

    private static func texts(_ claim: JSON?) -> [String] {
        claim?.string.map { [$0] } ?? claim?.array?.compactMap(\.string) ?? []
    }
}
