import Bytes
import JOSE

/// What a client presented to prove who it is, before anything was checked.
enum ClientCredentials: Sendable {
    case basic(id: String, secret: String)
    case post(id: String, secret: String)
    case assertion(String, id: String?)
    case none(id: String)

    /// - Parameter authorization: the `Authorization` header, if there is one.
    /// - Throws: `invalid_request` for two ways at once (RFC 6749 §2.3), `invalid_client` for none.
    init(authorization: String?, parameters: RequestParameters) throws(OAuthError) {
        let assertion = parameters["client_assertion"]
        let secret = parameters["client_secret"]
        let id = parameters["client_id"]
        let basic = try authorization.map { text throws(OAuthError) in try Self.basic(text) } ?? nil
        // requests-oauthlib sends Basic and form at once when it refreshes; RFC 6749 §2.3 forbids it, Dex lets Basic win.
        // Nothing is at stake as long as both say the same.
        let saysTheSame = basic.map { $0.id.exact == id?.exact && $0.secret.exact == secret?.exact } ?? false
        let ways = [basic != nil, secret != nil && !saysTheSame, assertion != nil].count { $0 }
        if ways > 1 { throw OAuthError(.invalidRequest, "Use one way of client authentication, not several.") }
        if let basic {
            if let id, !id.hasSameBytes(as: basic.id) {
                throw OAuthError(.invalidRequest, "The client_id differs from the one of the Authorization header.")
            }
            self = .basic(id: basic.id, secret: basic.secret)
        } else if let assertion {
            guard parameters["client_assertion_type"]?.exact == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" else {
                throw OAuthError(
                    .invalidRequest, "The client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer.")
            }
            self = .assertion(assertion, id: id)
        } else if let id {
            self = secret.map { .post(id: id, secret: $0) } ?? .none(id: id)
        } else {
            throw OAuthError(.invalidClient, "Client authentication is missing.")
        }
    }

    /// Who is said to ask, for the log: nothing here has been checked.
    static func claimedID(authorization: String?, parameters: RequestParameters) -> String {
        let basic = authorization.flatMap { header in
            do throws(OAuthError) { return try Self.basic(header)?.id } catch { return nil }
        }
        return basic ?? parameters["client_id"] ?? parameters["client_assertion"].flatMap { JWTClaims(unverified: $0)?.issuer }
            ?? ""
    }

    /// RFC 7617, with both halves form-encoded first (RFC 6749 §2.3.1).
    /// - Returns: nil for a scheme other than Basic.
    private static func basic(_ header: String) throws(OAuthError) -> (id: String, secret: String)? {
        guard let (scheme, rest) = Substring(header.utf8.drop { $0 == 0x20 }).cutOnce(at: " "), !rest.isEmpty,
            scheme.hasSameBytesFoldingASCII(as: "basic")
        else { return nil }
        guard let bytes = try? Base64.decode(Substring(rest.utf8.drop { $0 == 0x20 })),
            let text = String(validating: bytes, as: UTF8.self), let halves = text.cutOnce(at: ":"),
            let id = try? PercentEncoding.decode(halves.before.utf8, plusIsSpace: true),
            let secret = try? PercentEncoding.decode(halves.after.utf8, plusIsSpace: true)
        else { throw OAuthError(.invalidRequest, "The Authorization header is malformed.") }
        return (id, secret)
    }
}
