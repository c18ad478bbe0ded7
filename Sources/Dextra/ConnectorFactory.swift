import Connectors
import DexConfiguration
import JOSE
import Logging
import OpenIDConnect

/// Makes the connectors of a configuration.
struct ConnectorFactory: Sendable {
    let local: LocalConnector?
    let clock: any WallClock
    let random: any RandomSource
    let logger: Logger

    /// The configured connectors, and `local` last, as in Dex.
    func entries(_ configuration: Configuration) -> [ConnectorRegistry.Entry] {
        var entries = configuration.connectors.map { connector in
            ConnectorRegistry.Entry(
                id: connector.id, name: connector.name, type: connector.kind.typeName,
                grantTypes: Set(connector.grantTypes.compactMap { OpenIDConnect.GrantType(rawValue: $0.rawValue) }),
                connector: make(connector.kind, id: connector.id))
        }
        if let local {
            entries.append(
                ConnectorRegistry.Entry(id: LocalConnector.id, name: "Email", type: LocalConnector.id, connector: local))
        }
        return entries
    }

    private func make(_ kind: Configuration.Connector.Kind, id: String) -> any Connector {
        switch kind {
        case .mockCallback: MockCallbackConnector()
        case .mockPassword(let username, let password): MockPasswordConnector(username: username, password: password.text)
        case .ldap(let ldap): LDAPConnector(ldap, id: id, clock: clock, random: random, logger: logger)
        }
    }
}

extension Configuration.Connector.Kind {
    fileprivate var typeName: String {
        switch self {
        case .mockCallback: "mockCallback"
        case .mockPassword: "mockPassword"
        case .ldap: "ldap"
        }
    }
}
