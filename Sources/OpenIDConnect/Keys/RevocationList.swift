import Bytes
public import FoundationEssentials
import Synchronization

/// The grants and tokens that are refused though their signature is good. Held in memory, so that a check costs no query;
/// fed from the store by every process.
public final class RevocationList: Sendable {
    private struct State {
        var until: [ExactText: Date] = [:]
        var position: Int64 = 0
        var listeners: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let changes = Atomic(0)

    public init() {}

    /// The last position seen; ask the store for what came after it.
    public var position: Int64 { state.withLock { $0.position } }

    /// - Parameter tokenID: `jti` of an access token: its grant's id, a dot, and its own part.
    public func contains(tokenID: String) -> Bool {
        state.withLock { state in
            if state.until.isEmpty { return false }
            if state.until[tokenID.exact] != nil { return true }
            guard let grantID = tokenID.cutOnce(at: ".")?.before else { return false }
            return state.until[grantID.exact] != nil
        }
    }

    /// Grows whenever something is added. Who remembers that a token was not on the list need not ask again while this number,
    /// taken before asking, is the same.
    public var revision: Int { changes.load(ordering: .acquiring) }

    /// Adds somebody to tell when something was added: whoever remembers anything about tokens must forget it.
    public func onChange(_ tell: @escaping @Sendable () -> Void) {
        state.withLock { $0.listeners.append(tell) }
    }

    /// This process revoked something: known at once.
    public func add(id: String, until: Date) {
        let listeners = state.withLock { state in
            state.until[id.exact] = max(state.until[id.exact] ?? until, until)
            return state.listeners
        }
        changed(listeners)
    }

    /// What the store tells of.
    public func add(_ revocations: [Revocation], now: Date) {
        if revocations.isEmpty { return }
        let listeners = state.withLock { state in
            for revocation in revocations {
                state.position = max(state.position, revocation.position)
                if revocation.until > now { state.until[revocation.id.exact] = revocation.until }
            }
            return state.listeners
        }
        changed(listeners)
    }

    private func changed(_ listeners: [@Sendable () -> Void]) {
        changes.add(1, ordering: .releasing)
        for tell in listeners { tell() }
    }

    /// Forgets what has expired.
    public func prune(now: Date) {
        state.withLock { state in state.until = state.until.filter { $0.value > now } }
    }
}
