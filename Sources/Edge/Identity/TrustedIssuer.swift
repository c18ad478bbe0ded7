/// Whose tokens are believed, and how they are read. Made from `edge.issuers`, or from Istio's `RequestAuthentication`.
public struct TrustedIssuer: Sendable, Hashable {
    /// From where the keys come.
    public enum Keys: Sendable, Hashable {
        /// Dextra's own, in this process, with its revocations.
        case ours
        /// What the issuer's discovery document names.
        case discovery
        case url(String)
        /// A JWK set (RFC 7517 §5), as text.
        case inline(String)
    }

    /// A place where a token may stand.
    public enum Location: Sendable, Hashable {
        /// In lower case; the prefix (`Bearer `) is taken off, without it nothing stands there.
        case header(String, prefix: String)
        /// Only where the configuration asks for it: addresses end up in logs.
        case query(String)
        case cookie(String)
    }

    /// Exactly what `iss` must be.
    public var issuer: String
    public var keys: Keys
    /// One of these must be in `aud`; empty: any audience is taken.
    public var audiences: [String]
    public var locations: [Location]
    /// Which claim is the e-mail address, the groups, the preferred user name.
    public var emailClaim = "email"
    public var groupsClaim = "groups"
    public var preferredUsernameClaim = "preferred_username"
    /// Takes an e-mail address for proven though the token does not say so.
    public var takesUnverifiedEmail = false
    /// Claims whose text is a list separated by spaces, for policies.
    public var spaceDelimitedClaims: [String] = ["scope", "permission"]

    public static let authorization = Location.header("authorization", prefix: "Bearer ")

    public init(
        issuer: String, keys: Keys, audiences: [String] = [], locations: [Location] = [TrustedIssuer.authorization]
    ) {
        self.issuer = issuer
        self.keys = keys
        self.audiences = audiences
        self.locations = locations
    }
}
