import Connectors
import DexConfiguration
import JOSE
import OpenIDConnect

/// Makes the connectors of a configuration.
struct ConnectorFactory: Sendable {
    let local: LocalConnector?
    let clock: any WallClock
    let random: any RandomSource

    func entry(_ connector: Configuration.Connector) -> ConnectorRegistry.Entry {
        ConnectorRegistry.Entry(
            id: connector.id, name: connector.name, type: connector.kind.typeName,
            grantTypes: Set(connector.grantTypes.compactMap { OpenIDConnect.GrantType(rawValue: $0.rawValue) }),
            mapping: IdentityMapping(connector.claims), emailDomains: Set(connector.emailDomains), connector: make(connector))
    }

    /// `local`, which comes last, as in Dex.
    var localEntries: [ConnectorRegistry.Entry] {
        local.map { [ConnectorRegistry.Entry(id: LocalConnector.id, name: "Email", type: LocalConnector.id, connector: $0)] }
            ?? []
    }

    private func make(_ connector: Configuration.Connector) -> any Connector {
        switch connector.kind {
        case .mockCallback: MockCallbackConnector()
        case .mockPassword(let username, let password): MockPasswordConnector(username: username, password: password.text)
        case .authProxy(let proxy): AuthProxyConnector(proxy, id: connector.id)
        }
    }
}
