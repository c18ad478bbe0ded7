import Connectors
import DexConfiguration
import JOSE
import OpenIDConnect
import Upstream

/// Makes the connectors of a configuration.
struct ConnectorFactory: Sendable {
    let local: LocalConnector?
    let clock: any WallClock
    let random: any RandomSource
    let proxies: ProxyRules
    let files: FileReading

    /// The configured connectors, and `local` last, as in Dex.
    func entries(_ configuration: Configuration) -> [ConnectorRegistry.Entry] {
        var entries = configuration.connectors.map { connector in
            ConnectorRegistry.Entry(
                id: connector.id, name: connector.name, type: connector.kind.typeName,
                grantTypes: Set(connector.grantTypes.compactMap { OpenIDConnect.GrantType(rawValue: $0.rawValue) }),
                connector: make(connector.kind))
        }
        if let local {
            entries.append(
                ConnectorRegistry.Entry(id: LocalConnector.id, name: "Email", type: LocalConnector.id, connector: local))
        }
        return entries
    }

    private func make(_ kind: Configuration.Connector.Kind) -> any Connector {
        switch kind {
        case .mockCallback: MockCallbackConnector()
        case .mockPassword(let username, let password): MockPasswordConnector(username: username, password: password.text)
        case .oidc(let oidc): OIDCConnector(oidc, proxies: proxies, clock: clock, random: random)
        case .provider(let provider):
            ProviderConnectors(clock: clock, random: random, files: files, proxies: proxies).make(provider)
        }
    }
}

extension Configuration.Connector.Kind {
    fileprivate var typeName: String {
        switch self {
        case .mockCallback: "mockCallback"
        case .mockPassword: "mockPassword"
        case .oidc: "oidc"
        case .provider(let provider): provider.typeName
        }
    }
}
