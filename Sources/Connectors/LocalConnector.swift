import Bytes
import FoundationEssentials
public import JOSE
public import OpenIDConnect
import Passwords
import Synchronization

/// Dex's `local`: people whose passwords are kept here, in the configuration file or in the store.
public final class LocalConnector: PasswordConnector, RefreshConnector {
    public static let id = "local"

    private let fixed: Mutex<Fixed>
    private let store: any UserStore
    private let hasher: PasswordHasher
    private let cost: Int?
    private let clock: any WallClock
    private let random: any RandomSource
    private let log: any EventLog

    /// Those of the configuration.
    private struct Fixed {
        let users: [ExactText: User]
        /// Checked for unknown people, so that an answer takes as long as for known ones.
        let decoy: String

        init(_ users: [User], cost: Int?) {
            self.users = Dictionary(users.map { ($0.email.exact, $0) }) { _, last in last }
            let costs = users.compactMap { try? Bcrypt(hash: $0.passwordHash).cost }
            decoy = LocalConnector.decoy(cost: cost ?? costs.max() ?? 10)
        }
    }

    /// - Parameters:
    ///   - users: of the configuration; they hide stored ones of the same e-mail.
    ///   - cost: bcrypt cost that stored hashes are raised to at the next login; nil leaves them as they are.
    public init(
        static users: [User], store: any UserStore, hasher: PasswordHasher, cost: Int?, clock: any WallClock,
        random: any RandomSource,
        log: any EventLog
    ) {
        fixed = Mutex(Fixed(users, cost: cost))
        self.store = store
        self.hasher = hasher
        self.cost = cost
        self.clock = clock
        self.random = random
        self.log = log
    }

    public var usernamePrompt: UsernamePrompt { .email }

    /// A reload replaces them all at once.
    public func replaceStatic(_ users: [User]) {
        fixed.withLock { $0 = Fixed(users, cost: cost) }
    }

    public func authenticate(
        username: String, password: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity? {
        let user = try await find(username)
        let bytes = Array(password.utf8)
        let matches: Bool
        let hash = user?.passwordHash ?? fixed.withLock { $0.decoy }
        do { matches = try await hasher.matches(bytes, hash: hash) } catch {
            switch error {
            case .overloaded: throw .overloaded
            case .failed(let reason): throw .unavailable("password hash of \(username.asciiLowercased): \(reason)")
            }
        }
        guard let user, matches, !user.isDisabled else { return nil }
        await raiseCost(of: user, password: bytes)
        return ConnectorIdentity(identity: user.identity, methods: ["pwd"])
    }

    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        guard let user = try await find(identity.email) else { throw .gone("no user \(identity.email)") }
        // The address may have been given to somebody else since.
        guard user.userID.hasSameBytes(as: identity.userID) else { throw .gone("\(identity.email) is somebody else now") }
        guard !user.isDisabled else { throw .gone("\(identity.email) is disabled") }
        return ConnectorIdentity(identity: user.identity, methods: ["pwd"])
    }

    private func find(_ email: String) async throws(ConnectorError) -> User? {
        let key = email.asciiLowercased
        if let user = fixed.withLock({ $0.users[key.exact] }) { return user }
        do { return try await store.user(email: key) } catch {
            log.record(.storeFailed(error, doing: "find a user"))
            throw error == .overloaded ? .overloaded : .unavailable("users cannot be read")
        }
    }

    /// Only stored hashes can be raised; the login has succeeded whatever becomes of this.
    private func raiseCost(of user: User, password: [UInt8]) async {
        guard let cost, let current = try? Bcrypt(hash: user.passwordHash).cost, current < cost,
            fixed.withLock({ $0.users[user.email.exact] }) == nil,
            let hash = try? await hasher.hash(password, cost: cost, salt: random.bytes(16))
        else { return }
        do {
            _ = try await store.replacePasswordHash(email: user.email, old: user.passwordHash, new: hash, at: clock.now)
        } catch {
            log.record(.storeFailed(error, doing: "raise the cost of a password hash"))
        }
    }

    /// A well-formed hash of that cost which no password is known for.
    private static func decoy(cost: Int) -> String {
        "$2b$" + (cost < 10 ? "0" : "") + String(cost) + "$" + "abcdefghijklmnopqrstuu" + "5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
    }
}
