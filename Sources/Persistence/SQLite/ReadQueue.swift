import GRDB
import OpenIDConnect
import Synchronization

/// A few connections that read. A read begins after it was asked for, on a snapshot of that moment, and so sees every
/// write acknowledged before.
///
/// As long as a connection is free the caller reads by itself: a switch to another thread and back costs more than most
/// reads. Callers are tasks, never event loops, and as many as there are connections at most; all others queue.
final class ReadQueue: Sendable {
    private typealias Read = @Sendable (Database) -> Void

    private struct State {
        var waiting: [Read] = []
        /// Indexes of connections without work.
        var idle: [Int]
        var isClosed = false
        var idleObservers: [CheckedContinuation<Void, Never>] = []
    }

    private let connections: [DatabaseQueue]
    private let location: String
    private let waitingLimit: Int
    /// Not where readers share the writer's connection, and would wait for its commits.
    private let callersRead: Bool
    private let state: Mutex<State>

    /// How many reads a connection does before others on the same queue get their turn.
    private static let turn = 32

    init(connections: [DatabaseQueue], location: String, waitingLimit: Int, callersRead: Bool) {
        self.connections = connections
        self.location = location
        self.waitingLimit = waitingLimit
        self.callersRead = callersRead
        state = Mutex(State(idle: Array(connections.indices)))
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        if callersRead, let index = takeIdle() { return try read(body, on: index) }
        let result = await withCheckedContinuation { (caller: CheckedContinuation<Result<Value, StoreError>, Never>) in
            let read: Read = { [location] db in
                caller.resume(returning: Result { try body(db) }.mapError { StoreError($0, location: location) })
            }
            if let refusal = enqueue(read) {
                caller.resume(returning: .failure(refusal))
            }
        }
        return try result.get()
    }

    private func takeIdle() -> Int? {
        state.withLock { $0.isClosed || !$0.waiting.isEmpty ? nil : $0.idle.popLast() }
    }

    /// Reads on the thread of the caller, who holds the connection; then hands it on.
    private func read<Value>(_ body: (Database) throws -> Value, on index: Int) throws(StoreError) -> Value {
        defer { handOn(index) }
        do { return try connections[index].writeWithoutTransaction(body) } catch { throw StoreError(error, location: location) }
    }

    private func handOn(_ index: Int) {
        let (isWanted, observers): (Bool, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            guard state.waiting.isEmpty else { return (true, []) }
            state.idle.append(index)
            guard state.idle.count == connections.count else { return (false, []) }
            defer { state.idleObservers = [] }
            return (false, state.idleObservers)
        }
        if isWanted { drainSoon(index) }
        for observer in observers { observer.resume() }
    }

    /// Refuses new reads and returns when the accepted ones are done.
    func close() async {
        await withCheckedContinuation { caller in
            let isIdle = state.withLock { state in
                state.isClosed = true
                let isIdle = state.idle.count == connections.count
                if !isIdle { state.idleObservers.append(caller) }
                return isIdle
            }
            if isIdle { caller.resume() }
        }
    }

    private func enqueue(_ read: @escaping Read) -> StoreError? {
        enum Decision { case start(Int), wait, refuse(StoreError) }
        let decision: Decision = state.withLock { state in
            if state.isClosed { return .refuse(.failed("\(location): the store is closed")) }
            if state.waiting.count >= waitingLimit { return .refuse(.overloaded) }
            state.waiting.append(read)
            return state.idle.popLast().map(Decision.start) ?? .wait
        }
        switch decision {
        case .start(let index): drainSoon(index)
        case .wait: break
        case .refuse(let error): return error
        }
        return nil
    }

    private func drainSoon(_ index: Int) {
        // "Write" is GRDB's word for "on this connection's own queue"; the connection itself may be read-only.
        connections[index].asyncWriteWithoutTransaction { db in
            for _ in 0..<Self.turn {
                guard let read = self.next(index) else { return }
                read(db)
            }
            self.drainSoon(index)
        }
    }

    /// The next read, or nil: then the connection is idle.
    private func next(_ index: Int) -> Read? {
        let (read, observers): (Read?, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            guard state.waiting.isEmpty else { return (state.waiting.removeFirst(), []) }
            state.idle.append(index)
            guard state.idle.count == connections.count else { return (nil, []) }
            defer { state.idleObservers = [] }
            return (nil, state.idleObservers)
        }
        for observer in observers { observer.resume() }
        return read
    }
}
