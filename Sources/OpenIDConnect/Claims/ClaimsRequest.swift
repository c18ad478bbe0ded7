import Bytes
import JOSE

/// The `claims` parameter (OpenID Connect Core §5.5).
struct ClaimsRequest: Sendable, Hashable {
    /// Names asked for in either place; both of our tokens carry them, because UserInfo answers from the access token.
    @Exact private(set) var names: [String]
    /// The `sub` that was asked for by value: nobody else may be answered for (OpenID Connect Core §5.5.1).
    @Exact private(set) var subject: String?

    /// Those that may be asked for one by one.
    static let supported: Set<ExactText> = ["name", "preferred_username", "email", "email_verified", "groups"]

    /// - Throws: `invalid_request` for what is not a claims request, `unmet_authentication_requirements` for an essential
    ///   `acr` with a value, since no connector vouches for one.
    init(parsing text: String) throws(OAuthError) {
        let json: JSON
        do { json = try JSON(parsing: Array(text.utf8)) } catch {
            throw OAuthError(.invalidRequest, "The claims parameter is not JSON.")
        }
        guard let request = json.object else { throw OAuthError(.invalidRequest, "The claims parameter is not a JSON object.") }
        var found: [String] = []
        var subject: String?
        for place in ["userinfo", "id_token"] {
            guard let member = request[place] else { continue }
            guard let claims = member.object else {
                throw OAuthError(.invalidRequest, "The member '\(place)' of the claims parameter is not a JSON object.")
            }
            for claim in claims.members {
                if claim.value != .null, claim.value.object == nil {
                    throw OAuthError(
                        .invalidRequest,
                        "The claims parameter asks for '\(claim.name)' with something other than null or an object.")
                }
                if claim.name.hasSameBytes(as: "acr"), claim.value["essential"] == .bool(true),
                    claim.value["value"] != nil || claim.value["values"] != nil
                {
                    throw OAuthError(.unmetAuthenticationRequirements, "The essential acr cannot be met.")
                }
                if claim.name.hasSameBytes(as: "sub"), let wanted = claim.value["value"] {
                    guard let wanted = wanted.string, subject.map({ $0.hasSameBytes(as: wanted) }) ?? true else {
                        throw OAuthError(.invalidRequest, "The claims parameter must ask for one subject, as a string.")
                    }
                    subject = wanted
                }
                if Self.supported.contains(claim.name.exact), !found.containsExactly(claim.name) { found.append(claim.name) }
            }
        }
        names = found
        self.subject = subject
    }
}
