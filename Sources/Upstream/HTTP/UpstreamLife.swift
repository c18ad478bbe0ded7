import Synchronization

/// The time in which other servers are asked. When it ends, whoever waits for one is told so at once.
public final class UpstreamLife: Sendable {
    private struct State {
        var isOver = false
        var waiting: [Int: @Sendable () -> Void] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Gives up what is under way, and whatever is asked later.
    public func end() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for giveUp in waiting.values { giveUp() }
    }

    /// Waits for work that cannot be interrupted, and no longer than this lasts.
    /// - Returns: nil if the end came first, or the caller's own; the work then goes on for nobody.
    public func wait<Value: Sendable>(for work: @escaping @Sendable () async -> Value) async -> Value? {
        let (answers, answer) = AsyncStream<Value>.makeStream()
        let number = atEnd { answer.finish() }
        defer { forget(number) }
        Task {
            answer.yield(await work())
            answer.finish()
        }
        return await answers.first { _ in true }
    }

    /// - Parameter giveUp: called once at the end, at once if that has come.
    /// - Returns: a number for ``forget(_:)``.
    func atEnd(_ giveUp: @escaping @Sendable () -> Void) -> Int {
        let (number, isOver) = state.withLock { state in
            state.next += 1
            if !state.isOver { state.waiting[state.next] = giveUp }
            return (state.next, state.isOver)
        }
        if isOver { giveUp() }
        return number
    }

    func forget(_ number: Int) {
        state.withLock { $0.waiting[number] = nil }
    }
}

extension UpstreamLife: Hashable {
    public static func == (one: UpstreamLife, other: UpstreamLife) -> Bool { one === other }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
