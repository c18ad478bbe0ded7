import Directory
import Synchronization

/// Remembers for a short while which servers did not answer.
final class ServerHealth: Sendable {
    /// How long another server is asked first.
    static let memory = Duration.seconds(30)
    /// How long a server that let somebody wait in vain is not asked at all: each one who asks it waits as long again.
    static let pause = Duration.seconds(2)
    /// How long the DNS is not asked again.
    static let lookup = Duration.seconds(300)

    private struct Failure {
        let at: ContinuousClock.Instant
        let error: DirectoryError
    }

    private struct State {
        var failures: [Endpoint: Failure] = [:]
        var servers: (list: [Endpoint], at: ContinuousClock.Instant)?
    }

    private let state = Mutex(State())

    /// - Returns: whether that is news: nothing like it is remembered of this server.
    @discardableResult
    func failed(_ endpoint: Endpoint, _ error: DirectoryError, at now: ContinuousClock.Instant = .now) -> Bool {
        let before = state.withLock { $0.failures.updateValue(Failure(at: now, error: error), forKey: endpoint) }
        return before.map { $0.at.duration(to: now) >= Self.memory } ?? true
    }

    func succeeded(_ endpoint: Endpoint) {
        state.withLock { $0.failures[endpoint] = nil }
    }

    /// The servers to be tried: those that answer, then those that did not a while ago, the longest first.
    /// - Throws: the last failure if all of them have just let somebody wait in vain.
    func order(_ endpoints: [Endpoint], at now: ContinuousClock.Instant = .now) throws(DirectoryError) -> [Endpoint] {
        let failures = state.withLock { state in
            state.failures = state.failures.filter { $0.value.at.duration(to: now) < Self.memory }
            return state.failures
        }
        let good = endpoints.filter { failures[$0] == nil }
        let paused = endpoints.filter { endpoint in
            guard let failure = failures[endpoint] else { return false }
            return failure.error.kind == .timedOut && failure.at.duration(to: now) < Self.pause
        }
        let bad = endpoints.filter { failures[$0] != nil && !paused.contains($0) }
            .sorted { (failures[$0]?.at ?? now) < (failures[$1]?.at ?? now) }
        let order = good + bad
        if order.isEmpty, let endpoint = paused.first, let failure = failures[endpoint] { throw failure.error }
        return order
    }

    /// The servers that the DNS names; yesterday's if it does not answer.
    func servers(of domain: String) throws(DirectoryError) -> [Endpoint] {
        let known = state.withLock { $0.servers }
        if let known, known.at.duration(to: .now) < Self.lookup { return known.list }
        do throws(DirectoryError) {
            let list = try ServiceRecords.servers(of: domain)
            state.withLock { $0.servers = (list, .now) }
            return list
        } catch {
            guard let known else { throw error }
            return known.list
        }
    }
}
