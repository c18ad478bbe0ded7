import Connectors
import DexConfiguration
import JOSE
import OpenIDConnect

extension ConnectorRegistry {
    /// The configured connectors, and `local` last, as in Dex.
    init(_ configuration: Configuration, local: LocalConnector?) {
        var entries = configuration.connectors.map { connector in
            Entry(
                id: connector.id, name: connector.name, type: connector.kind.typeName,
                grantTypes: Set(connector.grantTypes.compactMap { OpenIDConnect.GrantType(rawValue: $0.rawValue) }),
                connector: connector.kind.make())
        }
        if let local {
            entries.append(Entry(id: LocalConnector.id, name: "Email", type: LocalConnector.id, connector: local))
        }
        self.init(entries)
    }
}

extension Configuration.Connector.Kind {
    fileprivate var typeName: String {
        switch self {
        case .mockCallback: "mockCallback"
        case .mockPassword: "mockPassword"
        }
    }

    fileprivate func make() -> any Connector {
        switch self {
        case .mockCallback: MockCallbackConnector()
        case .mockPassword(let username, let password): MockPasswordConnector(username: username, password: password.text)
        }
    }
}
