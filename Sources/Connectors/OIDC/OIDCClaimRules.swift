/// Which claims make an identity, and what becomes of groups. The rules are Dex's.
public struct OIDCClaimRules: Sendable {
    public var userIDKey = "sub"
    public var userNameKey = "name"
    /// Names used where the standard claim is missing; with ``overridesMapping`` also where it is there.
    public var preferredUsernameKey: String?
    public var emailKey: String?
    public var groupsKey: String?
    public var overridesMapping = false
    /// Whether the scope `email` was asked for: then an e-mail address and whether it is verified must be there.
    public var needsEmail = true
    /// A missing `email_verified` means verified.
    public var skipsEmailVerified = false
    public var takesGroups = false
    /// One of these must be among the groups, and only these stay; empty for all.
    public var allowedGroups: [String] = []
    public var groups = OIDCGroupRules()

    public init() {}
}

/// `claimModifications`.
public struct OIDCGroupRules: Sendable {
    /// Only groups in which this is found stay. It was compiled once, when the configuration was read.
    public var filter: String?
    public var prefix = ""
    public var suffix = ""
    public var made: [Made] = []

    /// A group that is made of claims.
    public struct Made: Sendable {
        public var claims: [String]
        public var delimiter: String
        public var prefix: String
        /// Whether the delimiter is removed from the claims, so that nobody can forge its parts.
        public var clearsDelimiter: Bool

        public init(claims: [String], delimiter: String, prefix: String, clearsDelimiter: Bool) {
            self.claims = claims
            self.delimiter = delimiter
            self.prefix = prefix
            self.clearsDelimiter = clearsDelimiter
        }
    }

    public init() {}
}
