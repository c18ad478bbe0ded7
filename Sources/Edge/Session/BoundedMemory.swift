import Synchronization

/// Remembers what was used lately, and never more than a number of things: when the younger half is full, the older is forgotten.
final class BoundedMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]
    }

    private let half: Int
    private let state = Mutex(State())

    init(limit: Int) { half = max(1, limit / 2) }

    subscript(key: Key) -> Value? {
        get {
            state.withLock { state in
                if let value = state.young[key] { return value }
                guard let value = state.old.removeValue(forKey: key) else { return nil }
                Self.set(value, key, &state, half)
                return value
            }
        }
        set {
            state.withLock { state in
                state.old[key] = nil
                if let newValue { Self.set(newValue, key, &state, half) } else { state.young[key] = nil }
            }
        }
    }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    func removeAll() { state.withLock { $0 = State() } }

    private static func set(_ value: Value, _ key: Key, _ state: inout State, _ half: Int) {
        if state.young.count >= half, state.young[key] == nil {
            state.old = state.young
            state.young = [:]
        }
        state.young[key] = value
    }
}
