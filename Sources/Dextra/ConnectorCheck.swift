import Logging
import OpenIDConnect

/// Says which connectors could not sign anybody in when the provider started. They heal by themselves; nobody waits for this.
struct ConnectorCheck: Sendable {
    let connectors: ConnectorRegistry
    let logger: Logger

    static let interval: Duration = .seconds(30)

    /// Ends when all of them work, or when it is cancelled.
    func run() async {
        var failing: Set<String> = []
        repeat {
            let entries = connectors.entries.filter { $0.connector is any CheckableConnector }
            let results = await Self.check(entries)
            for entry in entries {
                switch results[entry.id] {
                case .some(let reason) where !failing.contains(entry.id):
                    failing.insert(entry.id)
                    logger.warning(
                        "a connector cannot be used yet; it is tried again when somebody needs it",
                        metadata: ["connector_id": .string(entry.id), "type": .string(entry.type), "reason": .string(reason)])
                case .none where failing.remove(entry.id) != nil:
                    logger.info("a connector works now", metadata: ["connector_id": .string(entry.id)])
                default: break
                }
            }
            if failing.isEmpty { return }
            do { try await Task.sleep(for: Self.interval) } catch { return }
        } while !Task.isCancelled
    }

    /// - Returns: the reasons of those that cannot be used, by id.
    private static func check(_ entries: [ConnectorRegistry.Entry]) async -> [String: String] {
        await withTaskGroup(of: (String, String?).self) { group in
            for entry in entries {
                guard let connector = entry.connector as? any CheckableConnector else { continue }
                group.addTask {
                    do throws(ConnectorError) { try await connector.check() } catch { return (entry.id, error.detail) }
                    return (entry.id, nil)
                }
            }
            var reasons: [String: String] = [:]
            for await (id, reason) in group { reasons[id] = reason }
            return reasons
        }
    }
}
