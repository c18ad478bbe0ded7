/// What those who find out who asks tell the operator. Texts hold no token and no secret.
public enum IdentityEvent: Sendable, Hashable {
    case keysFetched(issuer: String, count: Int)
    /// What is known stays in use until its life ends.
    case keysFetchFailed(issuer: String, reason: String)
    /// A key is not published any more: tokens signed with it are refused, though their identities were known.
    case keyRemoved(issuer: String)
    case introspectionFailed(issuer: String, reason: String)
    /// The token says that there are more groups than it holds; those that it does not hold are unknown.
    case groupsMissing(issuer: String, subject: String)
    /// The token has more groups than are read, and is refused: a rule that denies one of them must not be missed.
    case tooManyGroups(issuer: String, subject: String, count: Int)
    /// More new tokens at once than are verified at once.
    case overloaded
}

public protocol IdentityLog: Sendable {
    func record(_ event: IdentityEvent)
}

/// Numbers for metrics; all but `remembered` and `bytes` only grow.
public struct IdentityCounts: Sendable, Hashable {
    /// Tokens that were known.
    public var hits = 0
    /// Tokens that were asked for and not known.
    public var misses = 0
    /// New tokens that were believed, refused, or could not be judged.
    public var verified = 0
    public var refused = 0
    public var unavailable = 0
    /// Identities in memory now, and about how many bytes they take.
    public var remembered = 0
    public var bytes = 0
}
