import Bytes
import Connectors
import DexConfiguration
import JOSE
import Logging
import OpenIDConnect
import Upstream
import Workers

/// Makes the connectors of a configuration.
struct ConnectorFactory: Sendable {
    let local: LocalConnector?
    let clock: any WallClock
    let random: any RandomSource
    let assertions: any AssertionStore
    let samlPool: WorkerPool
    let pools: PoolWatch
    let logger: Logger
    let events: any EventLog
    let proxies: ProxyRules
    let life: UpstreamLife
    let environment: [ExactText: String]
    let files: FileReading

    /// - Throws: ``StartError`` when a connector must not start as it is: with a keytab that cannot be used people would be asked for
    ///   passwords.
    func entry(_ connector: Configuration.Connector) throws -> ConnectorRegistry.Entry {
        ConnectorRegistry.Entry(
            id: connector.id, name: connector.name, type: connector.kind.typeName,
            grantTypes: Set(connector.grantTypes.compactMap { OpenIDConnect.GrantType(rawValue: $0.rawValue) }),
            mapping: IdentityMapping(connector.claims), emailDomains: connector.emailDomains,
            connector: try make(connector))
    }

    /// `local`, which comes last, as in Dex.
    var localEntries: [ConnectorRegistry.Entry] {
        local.map { [ConnectorRegistry.Entry(id: LocalConnector.id, name: "Email", type: LocalConnector.id, connector: $0)] }
            ?? []
    }

    private func make(_ connector: Configuration.Connector) throws -> any Connector {
        switch connector.kind {
        case .mockCallback: MockCallbackConnector()
        case .mockPassword(let username, let password): MockPasswordConnector(username: username, password: password.text)
        case .authProxy(let proxy): AuthProxyConnector(proxy, id: connector.id)
        case .saml(let saml):
            SAMLConnector(
                SAMLReading(saml, id: connector.id, files: files, pool: samlPool, proxies: proxies, life: life, clock: clock)
                    .source,
                assertions: assertions,
                pool: samlPool, clock: clock, random: random, log: events)
        case .ldap(let ldap):
            try LDAPConnector(ldap, id: connector.id, clock: clock, random: random, logger: logger, pools: pools, life: life)
        case .oidc(let oidc): OIDCConnector(oidc, proxies: proxies, life: life, clock: clock, random: random)
        case .provider(let provider):
            ProviderConnectors(
                clock: clock, random: random, files: files, proxies: proxies, life: life, environment: environment
            ).make(provider)
        }
    }
}
