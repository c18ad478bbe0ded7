import GRDB
import OpenIDConnect
import Synchronization

/// Group commit: the one writer takes everything that waits into one transaction, so that many writes share one `fsync`.
/// While a commit runs the next group gathers; there is no other delay.
///
/// An operation that fails undoes itself and disturbs no other: one of several statements has a savepoint of its own, a
/// single statement undoes itself in SQLite. Nobody is told of success before the commit, and if that fails all of them
/// fail.
final class WriteQueue: Sendable {
    enum Extent: Sendable {
        /// The body changes something in one statement at most: cheaper, as no savepoint is needed to undo it.
        case oneStatement
        case severalStatements
    }

    /// One operation with its caller.
    private struct Write: Sendable {
        /// Runs it and returns how to tell the caller after the commit. Throws only if the whole transaction is gone.
        let perform: @Sendable (Database) throws -> @Sendable () -> Void
        /// Tells the caller that the transaction failed.
        let fail: @Sendable (StoreError) -> Void
    }

    private struct State {
        var waiting: [Write] = []
        var isDraining = false
        var isClosed = false
        /// Told when everything that was accepted has been done.
        var idleObservers: [CheckedContinuation<Void, Never>] = []
        var commits = 0
        var operations = 0
    }

    private let connection: DatabaseQueue
    private let location: String
    private let waitingLimit: Int
    private let groupLimit: Int
    private let state = Mutex(State())

    init(connection: DatabaseQueue, location: String, waitingLimit: Int, groupLimit: Int) {
        self.connection = connection
        self.location = location
        self.waitingLimit = waitingLimit
        self.groupLimit = groupLimit
    }

    /// Operations that wait.
    var depth: Int { state.withLock { $0.waiting.count } }

    /// Successful commits, and the operations in them, so far.
    var statistics: (commits: Int, operations: Int) { state.withLock { ($0.commits, $0.operations) } }

    /// Returns when what `body` did is on disk.
    func run<Value: Sendable>(
        _ extent: Extent, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { (caller: CheckedContinuation<Result<Value, StoreError>, Never>) in
            let write = Write(
                perform: { [location] db in
                    let result =
                        switch extent {
                        case .oneStatement: try Self.alone(db, location: location, body)
                        case .severalStatements: try Self.inSavepoint(db, location: location, body)
                        }
                    return { caller.resume(returning: result) }
                },
                fail: { caller.resume(returning: .failure($0)) })
            if let refusal = enqueue(write) {
                write.fail(refusal)
            }
        }
        return try result.get()
    }

    /// Refuses new operations and returns when the accepted ones are done.
    func close() async {
        await withCheckedContinuation { caller in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.isDraining { state.idleObservers.append(caller) }
                return !state.isDraining
            }
            if isIdle { caller.resume() }
        }
    }

    private func enqueue(_ write: Write) -> StoreError? {
        enum Decision { case start, wait, refuse(StoreError) }
        let decision: Decision = state.withLock { state in
            if state.isClosed { return .refuse(.failed("\(location): the store is closed")) }
            if state.waiting.count >= waitingLimit { return .refuse(.overloaded) }
            state.waiting.append(write)
            if state.isDraining { return .wait }
            state.isDraining = true
            return .start
        }
        switch decision {
        case .start: drainSoon()
        case .wait: break
        case .refuse(let error): return error
        }
        return nil
    }

    private func drainSoon() {
        connection.asyncWriteWithoutTransaction { db in
            self.commit(self.nextGroup(), db)
            // One group a turn: in memory, readers share the connection and come in between.
            let observers: [CheckedContinuation<Void, Never>]? = self.state.withLock { state in
                guard state.waiting.isEmpty else { return nil }
                state.isDraining = false
                defer { state.idleObservers = [] }
                return state.idleObservers
            }
            if let observers {
                for observer in observers { observer.resume() }
            } else {
                self.drainSoon()
            }
        }
    }

    private func nextGroup() -> [Write] {
        state.withLock { state in
            let group = Array(state.waiting.prefix(groupLimit))
            state.waiting.removeFirst(group.count)
            return group
        }
    }

    private func commit(_ group: [Write], _ db: Database) {
        var answers: [@Sendable () -> Void] = []
        answers.reserveCapacity(group.count)
        do {
            try db.run("BEGIN IMMEDIATE")
            for write in group {
                answers.append(try write.perform(db))
            }
            try db.run("COMMIT")
        } catch {
            if db.isInsideTransaction { try? db.rollback() }
            let failure = StoreError(error, location: location)
            for write in group { write.fail(failure) }
            return
        }
        state.withLock { state in
            state.commits += 1
            state.operations += group.count
        }
        for answer in answers { answer() }
    }

    private static func alone<Value>(
        _ db: Database, location: String, _ body: (Database) throws -> Value
    ) throws -> Result<Value, StoreError> {
        do {
            return .success(try body(db))
        } catch {
            // Some errors, a full disk for instance, may end the whole transaction.
            guard db.isInsideTransaction else { throw error }
            return .failure(StoreError(error, location: location))
        }
    }

    private static func inSavepoint<Value>(
        _ db: Database, location: String, _ body: (Database) throws -> Value
    ) throws -> Result<Value, StoreError> {
        try db.run("SAVEPOINT operation")
        do {
            let value = try body(db)
            try db.run("RELEASE operation")
            return .success(value)
        } catch {
            guard db.isInsideTransaction else { throw error }
            try db.run("ROLLBACK TO operation")
            try db.run("RELEASE operation")
            return .failure(StoreError(error, location: location))
        }
    }
}
