import Dispatch

@testable import Persistence

/// Holds a store's writer, so that a test decides what waits and what shares the next group.
final class Gate: Sendable {
    private let opening = DispatchSemaphore(value: 0)
    private let entrance: AsyncStream<Void>
    private let entering: AsyncStream<Void>.Continuation

    init() {
        (entrance, entering) = AsyncStream.makeStream()
    }

    /// Keeps the writer busy until ``open()``.
    func hold(_ store: SQLiteStore) async throws {
        try await store.write(.oneStatement) { _ in
            self.entering.finish()
            self.opening.wait()
        }
    }

    /// Returns when the writer is held.
    func entered() async {
        for await _ in entrance {}
    }

    func open() {
        opening.signal()
    }

    /// Runs all operations in one group.
    /// - Returns: their results, in the order of `operations`.
    static func together(
        _ store: SQLiteStore, _ operations: [@Sendable () async throws -> Void]
    ) async throws -> [Result<Void, any Error>] {
        let gate = Gate()
        async let holder: Void = gate.hold(store)
        await gate.entered()
        let results = await withTaskGroup(of: (Int, Result<Void, any Error>).self) { group in
            for (index, operation) in operations.enumerated() {
                group.addTask {
                    do { return (index, .success(try await operation())) } catch { return (index, .failure(error)) }
                }
            }
            while store.writeQueueDepth < operations.count { await Task.yield() }
            gate.open()
            var results: [Int: Result<Void, any Error>] = [:]
            for await (index, result) in group { results[index] = result }
            return operations.indices.compactMap { results[$0] }
        }
        try await holder
        return results
    }
}
