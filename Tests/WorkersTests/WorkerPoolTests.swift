import Synchronization
import Testing
import Workers

@Suite struct WorkerPoolTests {
    @Test("work runs and its value comes back")
    func value() async throws {
        let pool = WorkerPool(name: "test", threads: 2, queueLimit: 4)
        #expect(try await pool.run { 6 * 7 } == 42)
    }

    @Test("an error comes back as it was thrown")
    func failure() async {
        struct Broken: Error {}
        let pool = WorkerPool(name: "test", threads: 1, queueLimit: 4)
        await #expect(throws: Broken.self) { try await pool.run { throw Broken() } }
    }

    @Test("every one of many pieces of work runs once")
    func many() async throws {
        let pool = WorkerPool(name: "test", threads: 3, queueLimit: 10_000)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...5_000 { group.addTask { try await pool.run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 5_000 * 5_001 / 2)
    }

    @Test("a full queue refuses at once instead of waiting")
    func full() async throws {
        let pool = WorkerPool(name: "test", threads: 1, queueLimit: 1)
        let gate = Gate()
        // One piece of work holds the thread, one waits: there is no room for a third.
        async let running: Void = pool.run { gate.wait() }
        await gate.entered()
        async let waiting: Int = pool.run { 1 }
        while pool.queueDepth == 0 { await Task.yield() }
        await #expect(throws: WorkerPoolFull(pool: "test")) { try await pool.run { 2 } }
        gate.open()
        try await running
        #expect(try await waiting == 1)
    }
}

/// Holds a thread until it is opened.
private final class Gate: Sendable {
    private let state = Mutex((isEntered: false, isOpen: false))

    func wait() {
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
