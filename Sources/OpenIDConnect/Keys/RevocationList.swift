public import FoundationEssentials
import Synchronization

/// The grants and tokens that are refused though their signature is good. Held in memory, so that a check costs no query;
/// fed from the store by every process.
public final class RevocationList: Sendable {
    private struct State {
        var until: [String: Date] = [:]
        var position: Int64 = 0
        var onChange: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())

    public init() {}

    /// The last position seen; ask the store for what came after it.
    public var position: Int64 { state.withLock { $0.position } }

    /// - Parameter tokenID: `jti` of an access token: its grant's id, a dot, and its own part.
    public func contains(tokenID: String) -> Bool {
        state.withLock { state in
            if state.until.isEmpty { return false }
            if state.until[tokenID] != nil { return true }
            guard let dot = tokenID.firstIndex(of: ".") else { return false }
            return state.until[String(tokenID[..<dot])] != nil
        }
    }

    /// Whom to tell when something was added: whoever remembers anything about tokens must forget it.
    public func onChange(_ tell: @escaping @Sendable () -> Void) {
        state.withLock { $0.onChange = tell }
    }

    /// This process revoked something: known at once.
    public func add(id: String, until: Date) {
        let tell = state.withLock { state in
            state.until[id] = max(state.until[id] ?? until, until)
            return state.onChange
        }
        tell()
    }

    /// What the store tells of.
    public func add(_ revocations: [Revocation], now: Date) {
        if revocations.isEmpty { return }
        let tell = state.withLock { state in
            for revocation in revocations {
                state.position = max(state.position, revocation.position)
                if revocation.until > now { state.until[revocation.id] = revocation.until }
            }
            return state.onChange
        }
        tell()
    }

    /// Forgets what has expired.
    public func prune(now: Date) {
        state.withLock { state in state.until = state.until.filter { $0.value > now } }
    }
}
