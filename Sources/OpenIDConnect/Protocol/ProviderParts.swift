public import JOSE
import Synchronization

/// What the rules are made of: everything comes in here, nothing is looked up elsewhere.
public struct ProviderParts: Sendable {
    public let settings: ProviderSettings
    public let clients: ClientDirectory
    public let connectors: ConnectorRegistry
    public let grants: any GrantStore
    /// What may be used once: client assertions, and sign-ins that have had their answer.
    public let assertions: any AssertionStore
    public let clientAuthentication: ClientAuthentication
    public let verifier: AccessTokenVerifier
    public let issuer: TokenIssuer
    public let revocations: RevocationList
    public let ring: KeyRing
    public let signer: any TokenSigner
    public let sealers: SealerSource
    public let clock: any WallClock
    public let random: any RandomSource
    public let events: any EventLog

    public init(
        settings: ProviderSettings, clients: ClientDirectory, connectors: ConnectorRegistry, grants: any GrantStore,
        assertions: any AssertionStore, revocations: RevocationList, ring: KeyRing, signer: any TokenSigner,
        sealers: SealerSource,
        clock: any WallClock, random: any RandomSource, events: any EventLog
    ) {
        self.settings = settings
        self.clients = clients
        self.connectors = connectors
        self.grants = grants
        self.assertions = assertions
        self.revocations = revocations
        self.ring = ring
        self.signer = signer
        self.sealers = sealers
        self.clock = clock
        self.random = random
        self.events = events
        clientAuthentication = ClientAuthentication(
            clients: clients, assertions: assertions, issuer: settings.issuer, clock: clock, events: events)
        verifier = AccessTokenVerifier(issuer: settings.issuer, ring: ring, revocations: revocations, clock: clock)
        issuer = TokenIssuer(settings: settings, signer: signer, clock: clock, random: random)
    }
}
