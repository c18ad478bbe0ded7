import Foundation
import JOSE
import OpenIDConnect
import Passwords
import Persistence
import Synchronization
import Testing
import Upstream
import Workers

@testable import Connectors

@Suite("People whose passwords are kept here") struct LocalConnectorTests {
    private static let password = "correct horse"
    private let store: SQLiteStore
    private let pool = WorkerPool(name: "passwords", threads: 1, queueLimit: 8)

    init() throws {
        store = try SQLiteStore(location: .memory)
    }

    private func connector(static users: [User] = [], cost: Int? = nil, pool: WorkerPool? = nil) -> LocalConnector {
        LocalConnector(
            static: users, store: store, hasher: PasswordHasher(pool: pool ?? self.pool), cost: cost, clock: SystemClock(),
            random: SystemRandom(),
            log: Silence())
    }

    private func user(
        _ email: String = "jane@example.com", password: String = password, cost: Int = 4, id: String = "1"
    ) throws -> User {
        User(
            email: email, passwordHash: try Bcrypt.hash(Array(password.utf8), cost: cost, salt: SystemRandom().bytes(16)),
            username: "jane",
            userID: id, createdAt: Date(), updatedAt: Date())
    }

    private func logIn(
        _ connector: LocalConnector, _ name: String = "jane@example.com", _ password: String = password
    ) async throws -> Identity? {
        try await connector.authenticate(username: name, password: password, scopes: [])?.identity
    }

    @Test("log in by their address in any case, and not with another password")
    func passwords() async throws {
        try await store.insert(try user())
        let connector = connector()
        #expect(try await logIn(connector)?.userID == "1")
        #expect(try await logIn(connector, "JANE@Example.com")?.userID == "1")
        for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
            #expect(try await logIn(connector, "jane@example.com", wrong) == nil)
        }
        #expect(try await logIn(connector, "nobody@example.com") == nil)
    }

    @Test("never match a password that bcrypt would cut: 73 bytes, or a NUL")
    func uncut() async throws {
        let long = String(repeating: "p", count: 72)
        let connector = connector(static: [try user(password: long), try user("nul@example.com", password: "secret")])
        #expect(try await logIn(connector, "jane@example.com", long)?.userID == "1")
        #expect(try await logIn(connector, "jane@example.com", long + "p") == nil)
        #expect(try await logIn(connector, "nul@example.com", "secret\0more") == nil)
    }

    @Test("of the configuration hide stored ones of the same address")
    func precedence() async throws {
        try await store.insert(try user(id: "stored"))
        let connector = connector(static: [try user(password: "of the file", id: "static")])
        #expect(try await logIn(connector) == nil)
        #expect(try await logIn(connector, "jane@example.com", "of the file")?.userID == "static")
        connector.replaceStatic([])
        #expect(try await logIn(connector)?.userID == "stored")
    }

    @Test("who are disabled cannot log in, nor refresh")
    func disabled() async throws {
        var user = try user()
        try await store.insert(user)
        let connector = connector()
        let identity = try #require(try await logIn(connector))
        user.isDisabled = true
        _ = try await store.update(user)
        #expect(try await logIn(connector) == nil)
        await #expect(throws: ConnectorError.gone("jane@example.com is disabled")) {
            try await connector.refresh(identity, connectorData: nil, scopes: [])
        }
    }

    @Test("do not hand their refresh tokens on with their address")
    func addressReused() async throws {
        try await store.insert(try user(id: "first"))
        let connector = connector()
        let identity = try #require(try await logIn(connector))
        _ = try await store.removeUser(email: "jane@example.com")
        await #expect(throws: ConnectorError.self) { try await connector.refresh(identity, connectorData: nil, scopes: []) }
        try await store.insert(try user(id: "second"))
        await #expect(throws: ConnectorError.gone("jane@example.com is somebody else now")) {
            try await connector.refresh(identity, connectorData: nil, scopes: [])
        }
    }

    @Test(
        "get a hash of the configured cost when they log in, if theirs is cheaper",
        arguments: [(4, 5, 5), (5, 4, 5), (4, nil, 4)] as [(Int, Int?, Int)])
    func raising(stored: Int, configured: Int?, after: Int) async throws {
        try await store.insert(try user(cost: stored))
        let connector = connector(cost: configured)
        #expect(try await logIn(connector, "jane@example.com", "wrong") == nil)
        #expect(try Bcrypt(hash: try #require(try await store.user(email: "jane@example.com")).passwordHash).cost == stored)
        #expect(try await logIn(connector) != nil)
        #expect(try Bcrypt(hash: try #require(try await store.user(email: "jane@example.com")).passwordHash).cost == after)
        #expect(try await logIn(connector) != nil)
    }

    @Test(
        "or not: a full pool refuses everybody alike, so that unknown people cost a check too",
        arguments: ["jane@example.com", "nobody@example.com"])
    func overload(name: String) async throws {
        try await store.insert(try user())
        let busy = WorkerPool(name: "passwords", threads: 1, queueLimit: 0)
        let connector = connector(pool: busy)
        let gate = Gate()
        async let held: Void = busy.run { gate.hold() }
        await gate.entered()
        await #expect(throws: ConnectorError.overloaded) { try await logIn(connector, name) }
        gate.open()
        try await held
    }

    @Test("with a hash of a cost that would stop others are not checked at all", arguments: [17, 20, 31])
    func expensive(cost: Int) async throws {
        var costly = try user()
        costly.passwordHash = costly.passwordHash.replacing("$04$", with: "$\(cost)$")
        try await store.insert(costly)
        let text = "password hash of jane@example.com: its cost is \(cost), and only 4 to 16 are accepted"
        await #expect(throws: ConnectorError.unavailable(text)) { try await logIn(connector()) }
        // As the only one of the configuration, which would have refused it.
        await #expect(throws: ConnectorError.unavailable(text)) { try await logIn(connector(static: [costly])) }
        #expect(try await logIn(connector(static: [costly]), "nobody@example.com") == nil)
    }

    @Test("are not waited for when the provider ends")
    func end() async throws {
        let life = UpstreamLife()
        let connector = LocalConnector(
            static: [try user()], store: store, hasher: PasswordHasher(pool: pool, life: life), cost: nil, clock: SystemClock(),
            random: SystemRandom(), log: Silence())
        let gate = Gate()
        async let held: Void = pool.run { gate.hold() }
        await gate.entered()
        async let answer = failure { try await logIn(connector) }
        while pool.queueDepth == 0 { await Task.yield() }
        life.end()
        #expect(await answer == .unavailable("password hash of jane@example.com: this provider ends"))
        gate.open()
        try await held
    }

    private func failure(_ body: () async throws -> Identity?) async -> ConnectorError? {
        do { _ = try await body() } catch { return error as? ConnectorError }
        return nil
    }

    @Test("leave a processor to others", arguments: [(1, 1), (2, 1), (3, 2), (8, 7), (0, 1)])
    func threads(processors: Int, threads: Int) {
        #expect(PasswordHasher.threads(processors: processors) == threads)
    }

    @Test("get the decoy of a reload's cost")
    func reloadedDecoy() async throws {
        let connector = connector(static: [try user(cost: 4)])
        connector.replaceStatic([try user(cost: 9)])
        let clock = ContinuousClock()
        var times: [String: [Duration]] = [:]
        for _ in 0..<9 {
            for name in ["jane@example.com", "nobody@example.com"] {
                times[name, default: []].append(try await clock.measure { _ = try await logIn(connector, name, "wrong") })
            }
        }
        let medians = times.mapValues { $0.sorted()[$0.count / 2] }
        let (known, unknown) = (try #require(medians["jane@example.com"]), try #require(medians["nobody@example.com"]))
        #expect(unknown > known / 3 && unknown < known * 3, "\(known) and \(unknown)")
    }

    @Test("who are unknown take as long as those who are known", arguments: [nil, 8] as [Int?])
    func sameWork(configured: Int?) async throws {
        let connector = connector(static: [try user(cost: 8)], cost: configured)
        let clock = ContinuousClock()
        var times: [String: [Duration]] = [:]
        // In turn, so that whatever else the machine does meets both.
        for _ in 0..<15 {
            for name in ["jane@example.com", "nobody@example.com"] {
                times[name, default: []].append(try await clock.measure { _ = try await logIn(connector, name, "wrong") })
            }
        }
        let medians = times.mapValues { $0.sorted()[$0.count / 2] }
        // A check of cost 8 takes some 15 ms, none at all some microseconds.
        let (known, unknown) = (try #require(medians["jane@example.com"]), try #require(medians["nobody@example.com"]))
        #expect(unknown > known / 3 && unknown < known * 3, "\(known) and \(unknown)")
    }
}

private struct Silence: EventLog {
    func record(_ event: ProviderEvent) {}
}

/// Holds the pool's thread until it is opened.
private final class Gate: Sendable {
    private let state = Mutex((isEntered: false, isOpen: false))

    func hold() {
        state.withLock { $0.isEntered = true }
        while !state.withLock({ $0.isOpen }) {}
    }

    func entered() async {
        while !state.withLock({ $0.isEntered }) { await Task.yield() }
    }

    func open() {
        state.withLock { $0.isOpen = true }
    }
}
