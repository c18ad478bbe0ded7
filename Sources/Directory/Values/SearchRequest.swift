/// What is looked for, and where (RFC 4511 §4.5.1).
public struct SearchRequest: Sendable, Hashable {
    public enum Scope: Sendable, Hashable {
        /// The base itself.
        case base
        /// What is directly under it.
        case oneLevel
        /// It and everything under it.
        case subtree
    }

    public var base: String
    public var scope: Scope
    /// In the form of RFC 4515.
    public var filter: String
    /// None: no attribute at all, only which entries there are.
    public var attributes: [String]
    /// More entries than this are an error.
    public var limit: Int
    /// Entries of one page (RFC 2696); nil asks for everything at once.
    public var pageSize: Int?

    public init(
        base: String, scope: Scope = .subtree, filter: String, attributes: [String], limit: Int, pageSize: Int? = nil
    ) {
        self.base = base
        self.scope = scope
        self.filter = filter
        self.attributes = attributes
        self.limit = limit
        self.pageSize = pageSize
    }
}
