import Bytes
import Logging
import OpenIDConnect

/// Says which connectors cannot sign anybody in, at the start and after each reload, and when they can again. They heal by
/// themselves; nobody waits for this.
struct ConnectorCheck: Sendable {
    let connectors: ConnectorRegistry
    let logger: Logger

    /// Between two looks at those that do not work, and at those that have something to renew.
    var interval: Duration = .seconds(30)
    /// Between two looks whether there was a reload.
    var step: Duration = .seconds(1)

    private enum Condition: Hashable {
        case works
        /// It works, with something that it could not renew.
        case worries
        case fails
    }

    /// Runs until it is cancelled.
    func run() async {
        var known: [ExactText: Condition] = [:]
        var generation = -1
        var nextTurn = ContinuousClock.now
        while !Task.isCancelled {
            let isReload = generation != connectors.generation
            if isReload || nextTurn <= .now {
                generation = connectors.generation
                let entries = connectors.entries
                // Those that a reload has removed are nobody's concern any more.
                known = known.filter { id, _ in entries.contains { $0.id.exact == id } }
                await look(entries.filter { isReload || Self.isDue($0, known[$0.id.exact]) }, isReload: isReload, &known)
                nextTurn = .now + interval
            }
            do { try await Task.sleep(for: step) } catch { return }
        }
    }

    private static func isDue(_ entry: ConnectorRegistry.Entry, _ condition: Condition?) -> Bool {
        condition != .works || entry.connector is any RenewableConnector
    }

    private func look(_ entries: [ConnectorRegistry.Entry], isReload: Bool, _ known: inout [ExactText: Condition]) async {
        let isFirst = known.isEmpty
        for (entry, condition, reason) in await Self.check(entries, renews: isReload && !isFirst) {
            let before = known.updateValue(condition, forKey: entry.id.exact) ?? .works
            guard condition != before, !Task.isCancelled else { continue }
            let reason: Logger.Metadata = [
                "connector_id": .string(entry.id), "type": .string(entry.type), "reason": .string(reason),
            ]
            switch condition {
            case .fails:
                logger.warning(
                    "a connector cannot be used yet; it is tried again when somebody needs it", metadata: reason)
            case .worries:
                logger.warning("a connector could not renew what it uses; it goes on with what it has", metadata: reason)
            case .works: logger.info("a connector works now", metadata: ["connector_id": .string(entry.id)])
            }
        }
    }

    /// - Parameter renews: reads anew what the connectors keep, as after a reload.
    private static func check(
        _ entries: [ConnectorRegistry.Entry], renews: Bool
    ) async -> [(ConnectorRegistry.Entry, Condition, reason: String)] {
        await withTaskGroup(of: (ConnectorRegistry.Entry, Condition, reason: String).self) { group in
            for entry in entries {
                guard let connector = entry.connector as? any CheckableConnector else { continue }
                group.addTask {
                    let renewable = connector as? any RenewableConnector
                    if renews { await renewable?.renew() }
                    do throws(ConnectorError) { try await connector.check() } catch { return (entry, .fails, error.detail) }
                    guard let concern = renewable?.concern else { return (entry, .works, "") }
                    return (entry, .worries, concern)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}
