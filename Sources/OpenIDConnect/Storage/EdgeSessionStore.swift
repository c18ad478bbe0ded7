public import FoundationEssentials

/// A session of the edge as the store keeps it: it can neither be read nor be used without the browser's cookie.
public struct StoredEdgeSession: Sendable, Hashable {
    /// A hash of the cookie.
    public var key: [UInt8]
    /// Sealed with the cookie.
    @Exact public var content: String
    /// Grows with every change.
    public var version: Int64
    public var expiresAt: Date

    public init(key: [UInt8], content: String, version: Int64 = 1, expiresAt: Date) {
        self.key = key
        self.content = content
        self.version = version
        self.expiresAt = expiresAt
    }
}

/// Where the edge's sessions are kept that are not in the browser (`edge.session.store: database`).
public protocol EdgeSessionStore: Sendable {
    func insert(_ session: StoredEdgeSession) async throws(StoreError)
    /// Nil when unknown or collected.
    func edgeSession(key: [UInt8]) async throws(StoreError) -> StoredEdgeSession?
    /// Replaces content and end, and ends a claim to refresh it, if the version is still the one before `session.version`.
    /// - Returns: false, having changed nothing, when it is not, or the session is gone.
    func update(_ session: StoredEdgeSession) async throws(StoreError) -> Bool
    /// Claims the right to refresh a session, so that one of many processes asks its provider.
    /// - Returns: false when somebody has it, the version is another, or the session is gone.
    func claimRefresh(key: [UInt8], version: Int64, now: Date, until: Date) async throws(StoreError) -> Bool
    func removeEdgeSession(key: [UInt8]) async throws(StoreError)
}
