import Bytes
import Dextra
import Edge
import FoundationEssentials
import JOSE

/// Who asks, as far as the request says.
enum AskedIdentity {
    case nobody
    case somebody(EdgeIdentity, Proof)
    /// A token that the edge would not take.
    case refused(reason: String)

    /// Why somebody is believed to be who they are.
    enum Proof: Equatable {
        /// It was said, or nobody looked.
        case none
        case signature
        /// The signature cannot be checked here.
        case unchecked(reason: String)
    }

    init(_ asked: AskedRequest, _ policies: LoadedPolicies) async throws(Failure) {
        if asked.request.isPreflight {
            self = .nobody
        } else if let claims = asked.claims {
            self = Self.identity(claims, token: nil, policies.issuers + policies.others, .none)
        } else if let token = asked.token {
            // What is no token at all is a mistake of whoever asks.
            let written = TokenText(token)
            self = await Self.identity(try written.token(), written.text, in: nil, policies)
        } else if let token = Self.token(in: asked.request, policies) {
            if let parsed = try? UnverifiedJWS(parsing: token) {
                self = await Self.identity(parsed, token, in: asked.request, policies)
            } else {
                self = .refused(reason: "the token is not a signed JWT")
            }
        } else {
            self = .nobody
        }
    }

    private static func token(in request: EdgeRequest, _ policies: LoadedPolicies) -> String? {
        let places = policies.issuers.isEmpty ? [TrustedIssuer.authorization] : policies.issuers.flatMap(\.locations)
        guard case .bearer(let token)? = CredentialFinder(tokenLocations: places).credential(in: request) else { return nil }
        return token
    }

    private static func identity(
        _ token: UnverifiedJWS, _ text: String, in request: EdgeRequest?, _ policies: LoadedPolicies
    ) async -> AskedIdentity {
        var proof = Proof.none
        switch await policies.tokens?.look(at: text, in: request) {
        case .identity(let identity): return .somebody(identity, .signature)
        case .refused(let reason): return .refused(reason: reason)
        case .unchecked(let reason): proof = .unchecked(reason: reason)
        case nil: break
        }
        guard let claims = (try? JSON(parsing: token.payload))?.object else {
            return .refused(reason: "the token has no claims")
        }
        return identity(claims, token: text, policies.issuers, proof)
    }

    /// - Parameter issuers: whose claims are believed; empty: anybody's.
    private static func identity(
        _ claims: JSONObject, token: String?, _ issuers: [TrustedIssuer], _ proof: Proof
    ) -> AskedIdentity {
        let issuer = claims["iss"]?.string ?? ""
        let audiences = texts(claims["aud"])
        var trusted = TrustedIssuer(issuer: issuer, keys: .discovery)
        if !issuers.isEmpty {
            let known = issuers.filter { $0.issuer.hasSameBytes(as: issuer) }
            guard !known.isEmpty else { return .refused(reason: "its issuer is not trusted") }
            let fitting = known.first { $0.audiences.isEmpty || $0.audiences.contains(where: audiences.containsExactly) }
            guard let fitting else { return .refused(reason: "it is for another audience") }
            trusted = fitting
        }
        let isVerified = trusted.takesUnverifiedEmail || claims["email_verified"]?.bool == true
        return .somebody(
            EdgeIdentity(
                evidence: .bearer, issuer: issuer, subject: claims["sub"]?.string ?? "", audiences: audiences,
                email: isVerified ? claims[trusted.emailClaim]?.string : nil, groups: texts(claims[trusted.groupsClaim]),
                preferredUsername: claims[trusted.preferredUsernameClaim]?.string, name: claims["name"]?.string, claims: claims,
                expiresAt: .distantFuture, token: token), proof)
    }

    private static func texts(_ claim: JSON?) -> [String] {
        claim?.string.map { [$0] } ?? claim?.array?.compactMap(\.string) ?? []
    }
}
