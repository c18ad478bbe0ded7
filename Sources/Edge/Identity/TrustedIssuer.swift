import Bytes
public import JOSE

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
        /// The user name of `Authorization: Basic` with an empty password or `x-oauth-basic`, or the password of any user, where
        /// that looks like a JWT; for programs that know nothing else.
        case basic
    }

    /// Where tokens are asked about that nobody can check by a signature (RFC 7662).
    public struct Introspection: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        /// Nil: what the issuer's discovery document names.
        public var url: String?
        public var clientID: String
        public var clientSecret: String
        /// For how many seconds an answer is believed at most: a revoked token is refused after this time.
        public var cacheSeconds: Double

        public init(url: String?, clientID: String, clientSecret: String, cacheSeconds: Double = 60) {
            self.url = url
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.cacheSeconds = cacheSeconds
        }

        /// Never the secret.
        public var description: String { "introspection as \(clientID)" }
        public var debugDescription: String { description }
        public var customMirror: Mirror { Mirror(self, children: []) }
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
    /// Whether a token must have `sub`. Istio takes tokens without.
    public var requiresSubject = true
    /// What a token may be signed with; symmetric algorithms do not count.
    public var algorithms = SignatureAlgorithm.asymmetric
    /// For how many seconds a verified token is believed at most before its signature is checked again, with the keys of then.
    public var cacheSeconds = 300.0
    /// For tokens that are no JWTs; nil: there are none.
    public var introspection: Introspection?
    /// Certificates of authorities, in PEM, that the issuer's server may have one from besides the system's.
    public var rootCAs: [String] = []
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

    /// Where tokens of any of these may stand: for ``CredentialFinder``.
    public static func locations(of issuers: [TrustedIssuer]) -> [Location] {
        var found: [Location] = []
        for location in issuers.flatMap(\.locations) where !found.contains(location) { found.append(location) }
        return found
    }
}

// Whether a reload changes anything, which rules share keys, and whether a token counts at several places depends on these.

extension TrustedIssuer {
    public static func == (left: TrustedIssuer, right: TrustedIssuer) -> Bool {
        func texts(_ issuer: TrustedIssuer) -> [[String]] {
            [
                [issuer.issuer, issuer.emailClaim, issuer.groupsClaim, issuer.preferredUsernameClaim], issuer.audiences,
                issuer.rootCAs, issuer.spaceDelimitedClaims,
            ]
        }
        return left.keys == right.keys && left.locations == right.locations && left.introspection == right.introspection
            && left.takesUnverifiedEmail == right.takesUnverifiedEmail && left.requiresSubject == right.requiresSubject
            && left.algorithms == right.algorithms && left.cacheSeconds == right.cacheSeconds
            && texts(left).elementsEqual(texts(right)) { $0.map(\.exact) == $1.map(\.exact) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(issuer.exact)
        hasher.combine(keys)
    }
}

extension TrustedIssuer.Keys {
    /// Which kind, and the text in it.
    private var parts: (kind: Int, text: ExactText) {
        switch self {
        case .ours: (0, "")
        case .discovery: (1, "")
        case .url(let url): (2, url.exact)
        case .inline(let text): (3, text.exact)
        }
    }

    public static func == (left: Self, right: Self) -> Bool { left.parts == right.parts }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(parts.kind)
        hasher.combine(parts.text)
    }
}

extension TrustedIssuer.Location {
    private var parts: (kind: Int, name: ExactText, prefix: ExactText) {
        switch self {
        case .header(let name, let prefix): (0, name.exact, prefix.exact)
        case .query(let name): (1, name.exact, "")
        case .cookie(let name): (2, name.exact, "")
        case .basic: (3, "", "")
        }
    }

    public static func == (left: Self, right: Self) -> Bool { left.parts == right.parts }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(parts.kind)
        hasher.combine(parts.name)
        hasher.combine(parts.prefix)
    }
}

extension TrustedIssuer.Introspection {
    private var texts: [ExactText] { [(url ?? "").exact, clientID.exact, clientSecret.exact] }

    public static func == (left: Self, right: Self) -> Bool {
        (left.url == nil) == (right.url == nil) && left.texts == right.texts && left.cacheSeconds == right.cacheSeconds
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(texts) }
}
