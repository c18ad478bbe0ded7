import Bytes
import Edge
import Logging
import Web

/// Writes down what the edge decides, and counts it.
struct EdgeLog: EdgeObserver {
    private let logger: Logger
    private let decisions: CounterFamily

    init(logger: Logger, metrics: Metrics) {
        self.logger = logger
        decisions = metrics.counter(
            "dextra_edge_decisions_total", help: "Requests that the edge decided anew, by outcome.", labels: ["outcome"])
    }

    func decided(_ decision: EdgeDecision, _ request: EdgeRequest) {
        switch decision {
        case .allow(let identity, let policy, _):
            decisions("allowed").increment()
            log(.debug, "allowed", request, ["rule": policy.rule], identity)
        case .authenticate(let reason):
            decisions(reason == nil ? "unauthenticated" : "invalid").increment()
            log(reason == nil ? .debug : .info, "not authenticated", request, ["reason": reason ?? "nothing came along"], nil)
        case .forbid(let identity, let policy):
            decisions("forbidden").increment()
            log(.info, "forbidden", request, ["rule": policy.rule], identity)
        case .unavailable(let reason):
            decisions("unavailable").increment()
            log(.error, "cannot be decided", request, ["reason": reason], nil)
        }
    }

    func refusedSmuggling(_ request: EdgeRequest) {
        decisions("smuggling").increment()
        log(.warning, "refused: Connection names a header of the edge", request, [:], nil)
    }

    func leftOutGroups(_ count: Int, of identity: EdgeIdentity) {
        logger.warning(
            "groups were left out of the header: a comma in the name, or too many",
            metadata: ["subject": .string(identity.subject), "count": .stringConvertible(count)])
    }

    /// The query stays out: it may hold tokens.
    private func log(
        _ level: Logger.Level, _ outcome: Logger.Message, _ request: EdgeRequest, _ values: [ExactText: String],
        _ identity: EdgeIdentity?
    ) {
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "method": .string(request.method), "host": .string(request.host), "path": .string(request.path),
        ]
        for (name, value) in values { metadata[name.text] = .string(value) }
        if let identity {
            metadata["issuer"] = .string(identity.issuer)
            metadata["subject"] = .string(identity.subject)
        }
        if let scope = RequestScope.current { metadata["request_id"] = .string(scope.id) }
        logger.log(level: level, outcome, metadata: metadata)
    }
}
