public import FoundationEssentials

/// Everything that outlives a request. Each rule names only the part it needs.
///
/// Every write that has returned survives `kill -9`; every call is one transaction.
public typealias Store = ClientStore & UserStore & GrantStore & KeyStore & AssertionStore & EdgeSessionStore & StoreMaintenance

public protocol ClientStore: Sendable {
    func client(id: String) async throws(StoreError) -> Client?
    /// Ordered by id.
    func clients() async throws(StoreError) -> [Client]
    /// - Throws: ``StoreError/alreadyExists(_:)``.
    func insert(_ client: Client) async throws(StoreError)
    /// - Returns: false when there is none of that id.
    func update(_ client: Client) async throws(StoreError) -> Bool
    /// Also removes its codes and refresh grants, and revokes their access tokens until `revokedUntil`.
    /// - Returns: false when there is none of that id.
    func removeClient(id: String, revokedUntil: Date) async throws(StoreError) -> Bool
}

public protocol UserStore: Sendable {
    /// - Parameter email: in any ASCII case (see ``User/key(email:)``).
    func user(email: String) async throws(StoreError) -> User?
    /// Ordered by e-mail.
    func users() async throws(StoreError) -> [User]
    /// - Throws: ``StoreError/alreadyExists(_:)``.
    func insert(_ user: User) async throws(StoreError)
    /// - Returns: false when there is none of that e-mail.
    func update(_ user: User) async throws(StoreError) -> Bool
    /// Replaces the hash if it is still `old`, so that a rehash never undoes a concurrent change of password.
    func replacePasswordHash(email: String, old: String, new: String, at time: Date) async throws(StoreError) -> Bool
    /// - Returns: false when there is none of that e-mail.
    func removeUser(email: String) async throws(StoreError) -> Bool
}

public protocol GrantStore: Sendable {
    /// Stores a code, and uses up what it is given for, together or not at all.
    /// - Returns: false, having changed nothing, when that was used before.
    func insert(_ code: AuthorizationCode, using once: SingleUse) async throws(StoreError) -> Bool
    /// The code, redeemed or not; nil when unknown or collected.
    func authorizationCode(hash: [UInt8]) async throws(StoreError) -> AuthorizationCode?
    /// Marks the code redeemed and stores the refresh grant that comes of it, together or not at all.
    /// - Returns: false, having changed nothing, when it was redeemed already, is gone, or its grant has been revoked.
    func redeem(codeHash: [UInt8], at time: Date, creating grant: RefreshGrant?) async throws(StoreError) -> Bool

    func insert(_ grant: RefreshGrant) async throws(StoreError)
    func refreshGrant(id: String) async throws(StoreError) -> RefreshGrant?
    /// Replaces secrets, last use, identity and connector data of grant `grant.id`, if its current secret hash is still
    /// `expected`.
    /// - Returns: false, having changed nothing, when it is not (someone was faster), or the grant is gone.
    func rotate(_ grant: RefreshGrant, expecting expected: [UInt8]) async throws(StoreError) -> Bool
    /// The refresh grants of a person, newest first; nil `clientID` means at all clients.
    func refreshGrants(userID: String, connectorID: String, clientID: String?) async throws(StoreError) -> [RefreshGrant]

    /// Deletes the refresh grant `id`, if there is one, and refuses what carries `id` from now until `until`.
    /// `id` is a grant's id or the `jti` of one access token.
    func revoke(id: String, until: Date) async throws(StoreError)
    /// What was revoked after the given position, in order: every process polls this to keep its list in memory.
    func revocations(after position: Int64) async throws(StoreError) -> [Revocation]
}

/// A grant's id, or one token's `jti`, that is refused.
public struct Revocation: Sendable, Hashable {
    /// Grows with every revocation, over all processes.
    public var position: Int64
    @Exact public var id: String
    /// After this, every token that carries the id has expired anyway.
    public var until: Date

    public init(position: Int64, id: String, until: Date) {
        self.position = position
        self.id = id
        self.until = until
    }
}

/// Keys that sign, of one purpose.
public protocol SigningKeyStore: Sendable {
    /// Those not yet expired at the last collection, ordered by activation.
    func signingKeys() async throws(StoreError) -> [StoredSigningKey]
    /// Stores a successor and sets when its predecessor stops being published, if `predecessor` is still the key with the
    /// latest activation (nil: if there is no key at all). One of several processes wins.
    /// - Returns: false, having changed nothing, when another was faster.
    func insert(_ key: StoredSigningKey, after predecessor: String?, predecessorExpiresAt: Date?) async throws(StoreError) -> Bool
    /// Makes a stored key, which somebody has put back, the latest again: it activates at `activatesAt` and has no end; its
    /// predecessor gets one. The rules of ``insert(_:after:predecessorExpiresAt:)`` hold.
    /// - Returns: false, having changed nothing, when another was faster, or there is no key of that id.
    func reinstate(
        keyID: String, activatesAt: Date, after predecessor: String, predecessorExpiresAt: Date
    ) async throws(StoreError) -> Bool
}

/// The keys that sign tokens, and those that seal.
public protocol KeyStore: SigningKeyStore {
    /// Stored ones, ordered by version.
    func sealingKeys() async throws(StoreError) -> [StoredSealingKey]
    /// - Returns: false, having changed nothing, when a key of that version exists.
    func insert(_ key: StoredSealingKey) async throws(StoreError) -> Bool
}

public protocol AssertionStore: Sendable {
    /// Remembers a client assertion until it expires (RFC 7523 §3, `jti`).
    /// - Returns: false when it was used before.
    func use(assertion key: [UInt8], until: Date) async throws(StoreError) -> Bool
    /// Whether it was used before, and is remembered.
    func isUsed(assertion key: [UInt8]) async throws(StoreError) -> Bool
}

/// Something that may be used once.
public struct SingleUse: Sendable, Hashable {
    /// A hash of what names it.
    public let key: [UInt8]
    /// How long its use must be remembered: after this it is refused anyway.
    public let until: Date

    public init(key: [UInt8], until: Date) {
        self.key = key
        self.until = until
    }
}

public protocol StoreMaintenance: Sendable {
    /// Deletes what has expired, at most `limit` rows a call, so that others get their turn in between.
    /// - Parameters:
    ///   - createdBefore: refresh grants created before this have reached their absolute lifetime; nil means none do.
    ///   - usedBefore: refresh grants last used before this have been idle for too long; nil means none are.
    /// - Returns: how many rows went; fewer than `limit` means nothing is left.
    func collectGarbage(now: Date, createdBefore: Date?, usedBefore: Date?, limit: Int) async throws(StoreError) -> Int
    /// A write that changes nothing, for health checks.
    func checkHealth() async throws(StoreError)
    /// Operations that wait for the writer.
    var writeQueueDepth: Int { get }
    func close() async
}
