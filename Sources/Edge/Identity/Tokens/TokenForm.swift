import Bytes
import JOSE

/// What a token says of itself before anybody checked a signature.
struct TokenForm: Sendable {
    let jws: UnverifiedJWS
    let claims: TokenClaims
    let issuer: String

    /// Bytes of a token. Proxies do not let more than this through, and nobody should make us parse more.
    static let maximumLength = 32_768

    /// Whether this is a JWS in its compact form at all, and not an opaque token.
    static func isJWS(_ token: String) -> Bool {
        func dots(_ bytes: some Sequence<UInt8>) -> Int { bytes.count { $0 == UInt8(ascii: ".") } }
        return (token.utf8.withContiguousStorageIfAvailable { dots($0) } ?? dots(token.utf8)) == 2
    }

    init(_ token: String) throws(TokenRefusal) {
        do { jws = try UnverifiedJWS(parsing: token) } catch { throw .invalid("not a token: it is no signed JWT (RFC 7519)") }
        guard let name = jws.header["alg"]?.string, let algorithm = SignatureAlgorithm(rawValue: name), !algorithm.isSymmetric
        else { throw .invalid("the token is not signed by a key pair (alg)") }
        guard jws.header["crit"] == nil else { throw .invalid("the token needs extensions that are not supported (crit)") }
        guard Self.isAcceptable(type: jws.header["typ"]) else {
            throw .invalid("the token is neither an ID token nor an access token (typ)")
        }
        guard let object = (try? JSON(parsing: jws.payload))?.object else { throw .invalid("not a token: it holds no claims") }
        claims = TokenClaims(all: object)
        guard let issuer = claims.issuer, !issuer.isEmpty else { throw .invalid("the token names no issuer (iss)") }
        self.issuer = issuer
        // Logout tokens and other security events (RFC 8417 §2.2) are signed by the same keys and prove nothing about the bearer.
        guard claims.all["events"] == nil else {
            throw .invalid("the token is neither an ID token nor an access token (events)")
        }
        // Who brings a token that is bound to a key must show the key (RFC 9449 §7.2, RFC 8705 §3): nobody does so here.
        if let confirmation = claims.all["cnf"], confirmation["jkt"] != nil || confirmation["x5t#S256"] != nil {
            throw .invalid("the token is bound to a key and cannot be used as a bearer token (cnf)")
        }
    }

    /// `typ` says what a JWS is (RFC 8725 §3.11). ID tokens have none or `JWT`, access tokens perhaps `at+jwt` (RFC 9068 §2.1).
    private static func isAcceptable(type: JSON?) -> Bool {
        guard let type else { return true }
        guard let name = type.string?.asciiLowercased else { return false }
        return types.containsExactly(name.afterBytes(of: "application/") ?? name[...])
    }

    private static let types = ["jwt", "at+jwt", "id_token+jwt", "id+jwt"]
}
