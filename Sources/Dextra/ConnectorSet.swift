import Bytes
import DexConfiguration
import OpenIDConnect
import Synchronization

/// The connectors that are in use. A reload makes those that are new or changed, and keeps the others with what they hold:
/// connections to a directory, keys of a provider.
final class ConnectorSet: Sendable {
    let registry: ConnectorRegistry
    private let factory: ConnectorFactory
    private let configured: Mutex<[Configuration.Connector]>

    init(_ connectors: [Configuration.Connector], factory: ConnectorFactory) throws {
        self.factory = factory
        configured = Mutex(connectors)
        registry = ConnectorRegistry(try connectors.map(factory.entry) + factory.localEntries)
    }

    /// Makes what a new configuration asks for; nothing changes until what is returned is called.
    func prepare(_ connectors: [Configuration.Connector]) throws -> @Sendable () -> Void {
        let old = configured.withLock { $0 }
        let running = registry.entries
        let entries = try connectors.map { connector in
            if old.contains(where: { isSameByBytes($0, connector) }),
                let entry = running.first(where: { $0.id.hasSameBytes(as: connector.id) })
            {
                return entry
            }
            return try factory.entry(connector)
        }
        return { [self] in
            // Sign-ins that have begun go on with the connector that has their id.
            registry.replace(entries + factory.localEntries)
            configured.withLock { $0 = connectors }
        }
    }
}
