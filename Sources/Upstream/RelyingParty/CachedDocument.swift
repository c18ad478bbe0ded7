public import FoundationEssentials
import Synchronization

/// A document of another server: fetched once for all who wait, kept for its life, fetched again before that is over.
public final class CachedDocument<Value: Sendable>: Sendable {
    public typealias Outcome = Result<Fetched, RelyingPartyError>

    public struct Fetched: Sendable {
        public let value: Value
        public let life: DocumentLife

        public init(value: Value, life: DocumentLife) {
            self.value = value
            self.life = life
        }
    }

    /// A value, and the number of the fetch that brought it.
    public struct Current: Sendable {
        public let value: Value
        public let number: Int
    }

    private struct State {
        var current: (fetched: Fetched, number: Int)?
        var running: Task<Outcome, Never>?
        /// Before then nothing is fetched in the background, or because somebody asks for something unknown.
        var nextAttempt = Date.distantPast
        /// Why the last fetch brought nothing, and until when that is the answer to all who need one.
        var failure: (error: RelyingPartyError, until: Date)?
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Date
    private let pause: Double
    private let failurePause: Double
    private let onOutcome: @Sendable (Outcome) -> Void
    private let fetch: @Sendable () async -> Outcome

    /// - Parameters:
    ///   - pause: seconds between fetches that a stranger could cause, or that a failing server gets.
    ///   - failurePause: seconds for which those who need a document that could not be fetched get the same failure.
    ///   - onOutcome: told of each fetch, after what it brought is in use.
    public init(
        pause: Double, failurePause: Double = 0, now: @escaping @Sendable () -> Date,
        onOutcome: @escaping @Sendable (Outcome) -> Void = { _ in }, fetch: @escaping @Sendable () async -> Outcome
    ) {
        self.pause = pause
        self.failurePause = failurePause
        self.now = now
        self.onOutcome = onOutcome
        self.fetch = fetch
    }

    /// The document, if it is there and its life lasts. When it gets old it is fetched again in the background.
    public var present: Current? {
        let time = now()
        return state.withLock { present(&$0, time) }
    }

    private func present(_ state: inout sending State, _ time: Date) -> Current? {
        guard let (fetched, number) = state.current, time < fetched.life.endsAt else { return nil }
        if time >= fetched.life.refreshAt, time >= state.nextAttempt {
            state.nextAttempt = time + pause
            _ = start(&state)
        }
        return Current(value: fetched.value, number: number)
    }

    /// The document. Only who comes when there is none, or its life is over, waits.
    public func current() async throws(RelyingPartyError) -> Current {
        let time = now()
        let task: Result<Task<Outcome, Never>?, RelyingPartyError> = state.withLock { state in
            if present(&state, time) != nil { return .success(nil) }
            if let (error, until) = state.failure, time < until { return .failure(error) }
            return .success(start(&state))
        }
        if let task = try task.get() { _ = try await task.value.get() }
        return try latest()
    }

    /// A later document than the one of that number, because something was missing in it.
    /// - Returns: nil if there is none and it is too early to ask again.
    func later(than number: Int) async throws(RelyingPartyError) -> Current? {
        let time = now()
        let task: Result<Task<Outcome, Never>?, RelyingPartyError> = state.withLock { state in
            if let (_, latest) = state.current, latest > number { return .success(nil) }
            if let running = state.running { return .success(running) }
            guard time >= state.nextAttempt else {
                // Whether there is a later one is not known.
                if let (error, until) = state.failure, time < until { return .failure(error) }
                return .success(nil)
            }
            state.nextAttempt = time + pause
            return .success(start(&state))
        }
        if let task = try task.get() { _ = try await task.value.get() }
        let latest = try latest()
        return latest.number > number ? latest : nil
    }

    /// Fetches it now, whatever is there. If that fails, what is there stays.
    public func renew() async {
        _ = await state.withLock { start(&$0) }.value
    }

    /// What was fetched last, and until when it may be used, even if that is over.
    public var known: Fetched? { state.withLock { $0.current?.fetched } }

    /// Why the last fetch brought nothing; nil if it did, or there was none.
    public var failure: RelyingPartyError? { state.withLock { $0.failure?.error } }

    private func latest() throws(RelyingPartyError) -> Current {
        guard let (fetched, number) = state.withLock({ $0.current }) else {
            throw .exchange(.unreachable("nothing has been fetched yet"))
        }
        return Current(value: fetched.value, number: number)
    }

    /// Begins to fetch, or joins. It goes on when the one who began it has given up: others may wait.
    private func start(_ state: inout sending State) -> Task<Outcome, Never> {
        if let running = state.running { return running }
        let task = Task {
            let outcome = await fetch()
            let end = self.now() + self.failurePause
            self.state.withLock { state in
                state.running = nil
                switch outcome {
                case .success(let fetched):
                    state.current = (fetched, (state.current?.number ?? 0) + 1)
                    state.failure = nil
                case .failure(let error): state.failure = (error, end)
                }
            }
            self.onOutcome(outcome)
            return outcome
        }
        state.running = task
        return task
    }
}
