public import Edge
public import Logging

/// What the edge's routes, its gRPC service and its proxy share.
public struct EdgeParts: Sendable {
    public let gate: EdgeGate
    public let logger: Logger

    public init(gate: EdgeGate, logger: Logger) {
        self.gate = gate
        self.logger = logger
    }
}
