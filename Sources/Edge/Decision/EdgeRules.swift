import Synchronization

/// What decides about requests, and what backends are told: all of the edge that a reload replaces, together.
public final class EdgeRules: Sendable {
    public let gate: EdgeGate
    public let headers: IdentityHeaders

    public init(gate: EdgeGate, headers: IdentityHeaders) {
        self.gate = gate
        self.headers = headers
    }
}

/// The rules in use. Whoever judges a request looks here once, so that it is judged by the same rules to its end.
public final class CurrentRules: Sendable {
    private let rules: Mutex<EdgeRules>

    public init(_ rules: EdgeRules) { self.rules = Mutex(rules) }

    public var current: EdgeRules { rules.withLock { $0 } }

    public func replace(_ rules: EdgeRules) { self.rules.withLock { $0 = rules } }
}
