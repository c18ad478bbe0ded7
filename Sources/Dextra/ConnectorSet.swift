import DexConfiguration
import OpenIDConnect
import Synchronization

/// The connectors that are in use. A reload makes those that are new or changed, and keeps the others with what they hold:
/// connections to a directory, keys of a provider.
final class ConnectorSet: Sendable {
    let registry: ConnectorRegistry
    private let factory: ConnectorFactory
    private let configured: Mutex<[Configuration.Connector]>

    init(_ connectors: [Configuration.Connector], factory: ConnectorFactory) {
        self.factory = factory
        configured = Mutex(connectors)
        registry = ConnectorRegistry(connectors.map(factory.entry) + factory.localEntries)
    }

    /// Sign-ins that have begun go on with the connector that has their id.
    func replace(_ connectors: [Configuration.Connector]) {
        configured.withLock { old in
            let running = registry.entries
            let entries = connectors.map { connector in
                old.contains(connector)
                    ? running.first { $0.id == connector.id } ?? factory.entry(connector) : factory.entry(connector)
            }
            registry.replace(entries + factory.localEntries)
            old = connectors
        }
    }
}
