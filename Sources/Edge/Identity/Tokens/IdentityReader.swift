import FoundationEssentials
import JOSE

/// Makes an identity of claims that are proven.
struct IdentityReader: Sendable {
    let issuer: TrustedIssuer

    /// More groups than this are in no token that a proxy lets through.
    static let groupLimit = 2048

    struct Reading: Sendable {
        let identity: EdgeIdentity
        let event: IdentityEvent?
    }

    /// - Parameters:
    ///   - groups: as ``groups(_:)`` found them.
    ///   - end: seconds since 1970.
    func identity(_ claims: TokenClaims, groups: [String], token: String, end: Double) throws(TokenRefusal) -> Reading {
        let subject = claims.subject ?? ""
        guard !subject.isEmpty || !issuer.requiresSubject else { throw .invalid("the token names nobody (sub)") }
        guard groups.count <= Self.groupLimit else {
            throw .invalid("the token names more than \(Self.groupLimit) groups")
        }
        let identity = EdgeIdentity(
            evidence: .bearer, issuer: issuer.issuer, subject: subject, audiences: claims.audiences, email: email(claims),
            groups: groups, preferredUsername: claims.claim(at: issuer.preferredUsernameClaim)?.string,
            name: claims.all["name"]?.string, claims: claims.all, expiresAt: Date(timeIntervalSince1970: end), token: token)
        return Reading(
            identity: identity,
            event: groups.isEmpty && hasGroupsElsewhere(claims) ? .groupsMissing(issuer: issuer.issuer, subject: subject) : nil)
    }

    /// One group as a text, or several in a list.
    func groups(_ claims: TokenClaims) -> [String] {
        switch claims.claim(at: issuer.groupsClaim) {
        case .string(let one): one.isEmpty ? [] : [one]
        case .array(let several): several.compactMap(\.string)
        default: []
        }
    }

    private func email(_ claims: TokenClaims) -> String? {
        guard let email = claims.claim(at: issuer.emailClaim)?.string, Self.isPlausible(email) else { return nil }
        if issuer.takesUnverifiedEmail { return email }
        // `email_verified` speaks of `email` and of no other claim. Some issuers write it as a text.
        guard issuer.emailClaim == "email" else { return nil }
        switch claims.all["email_verified"] {
        case .bool(true), .string("true"): return email
        default: return nil
        }
    }

    /// One `@` with something on both sides, and nothing that ends a header or a list: rules look at the domain.
    private static func isPlausible(_ email: String) -> Bool {
        guard email.utf8.count <= 320 else { return false }
        let parts = email.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && email.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ",") }
    }

    /// Microsoft's overage, and distributed claims (OpenID Connect Core §5.6.2): groups that somebody else would tell.
    private func hasGroupsElsewhere(_ claims: TokenClaims) -> Bool {
        claims.all["_claim_names"]?[issuer.groupsClaim] != nil || claims.all["hasgroups"]?.bool == true
    }
}
