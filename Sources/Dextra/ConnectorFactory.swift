import Connectors
import DexConfiguration
import JOSE
import OpenIDConnect
import Workers

/// Makes the connectors of a configuration.
struct ConnectorFactory: Sendable {
    let local: LocalConnector?
    let clock: any WallClock
    let random: any RandomSource
    let assertions: any AssertionStore
    let samlPool: WorkerPool

    /// The configured connectors, and `local` last, as in Dex.
    /// - Throws: ``StartError`` when a certificate or key cannot be used.
    func entries(_ configuration: Configuration) throws -> [ConnectorRegistry.Entry] {
        var entries = try configuration.connectors.map { connector in
            ConnectorRegistry.Entry(
                id: connector.id, name: connector.name, type: connector.kind.typeName,
                grantTypes: Set(connector.grantTypes.compactMap { OpenIDConnect.GrantType(rawValue: $0.rawValue) }),
                connector: try make(connector.kind, id: connector.id))
        }
        if let local {
            entries.append(
                ConnectorRegistry.Entry(id: LocalConnector.id, name: "Email", type: LocalConnector.id, connector: local))
        }
        return entries
    }

    private func make(_ kind: Configuration.Connector.Kind, id: String) throws -> any Connector {
        switch kind {
        case .mockCallback: MockCallbackConnector()
        case .mockPassword(let username, let password): MockPasswordConnector(username: username, password: password.text)
        case .saml(let saml):
            SAMLConnector(
                try SAMLSettings(saml, id: id), assertions: assertions, pool: samlPool, clock: clock, random: random)
        }
    }
}

extension Configuration.Connector.Kind {
    fileprivate var typeName: String {
        switch self {
        case .mockCallback: "mockCallback"
        case .mockPassword: "mockPassword"
        case .saml: "saml"
        }
    }
}
