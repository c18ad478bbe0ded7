import DexConfiguration
import Edge
import EdgeServer
import FoundationEssentials
import JOSE
import Logging
import OpenIDConnect
import Persistence
import Upstream
import Web
import Workers

/// Everything the edge is made of, built once from a configuration.
struct EdgeGraph: Sendable {
    let parts: EdgeParts
    /// Keeps the keys of assertions; nil without them.
    let assertionKeys: KeyKeeper?
    /// Where questions are asked and people log in, without those of proxies' own paths.
    let routes: [Route]
    /// Anything that makes remembered answers wrong calls it.
    let forget: @Sendable () -> Void
    private let ownRoutes: [Route]
    /// The cookies that no backend sees.
    let cookies: [String]
    /// What its further cookies begin with.
    let cookiePrefixes: [String]
    private let forwardAuth: ForwardAuthRoutes
    private let remembered: RememberedAnswers
    private let identities: EdgeIdentities

    init(
        _ configuration: Configuration, _ edge: Configuration.Edge, provider: ProviderGraph, options: ProviderOptions,
        logger: Logger
    ) throws {
        let log = EdgeLog(logger: logger, metrics: provider.metrics)
        let clock = options.clock
        let proxies = ProxyRules(environment: options.environment)
        let trustedProxies = try ClientAddressRule(
            header: "X-Forwarded-For", trustedProxies: edge.trustedProxies.map(\.text))

        identities = try EdgeIdentities(
            edge, others: edge.istioIssuers, issuer: configuration.issuer.text,
            provider: .init(ring: provider.ring, revocations: provider.revocations), clock: clock, proxies: proxies,
            logger: logger,
            metrics: provider.metrics)
        let policy = edge.policy(issuers: identities.issuers)
        let login = try edge.login.map { login in
            try EdgeLogin(
                configuration, edge, login, prefix: edge.prefix,
                .init(
                    parts: provider.parts, store: provider.store, client: provider.edgeClient, proxies: proxies,
                    trustedProxies: trustedProxies, logger: logger))
        }
        let headers = IdentityHeaders(edge, observer: log)
        let (assertions, keys, assertionRoutes) = Self.assertions(configuration, edge, provider, clock)
        assertionKeys = keys
        let gate = EdgeGate(
            finder: identities.finder(sessionCookie: login?.cookieName),
            authenticator: identities.authenticator(sessions: login?.authenticator), policy: policy)
        parts = EdgeParts(
            gate: gate,
            answers: EdgeAnswers(gate: gate, headers: headers, assertions: assertions, login: login?.guide, observer: log),
            trustedProxies: trustedProxies, prefix: edge.prefix,
            dialect: edge.proxy.flatMap { ProxyDialect(rawValue: $0.rawValue) },
            logger: logger)
        let remembered = RememberedAnswers(headers: Self.headersThatMatter(policy, identities.issuers), clock: clock)
        self.remembered = remembered
        forget = { remembered.clear() }
        forwardAuth = ForwardAuthRoutes(parts, remembered: remembered)
        ownRoutes = (login?.routes ?? []) + assertionRoutes
        cookies = (login?.cookieName).map { [$0] } ?? []
        cookiePrefixes = cookies.map(LoginFlow.attemptPrefix(of:))
        routes = forwardAuth.routes + ownRoutes
    }

    /// The edge on a listener of its own, where every path that is not its own is a question.
    func application(_ security: SecurityHeaders, provider: ProviderGraph, checks: [HealthCheck]) -> WebApplication {
        WebApplication(
            routes: (routes + EdgeHealth.routes(checks)).map(RequestScope.wrapping),
            fallback: RequestScope.wrapping(forwardAuth.fallback(answersAll: true)), remembered: remembered, security: security,
            clientAddress: parts.trustedProxies, metrics: provider.metrics, logger: parts.logger)
    }

    /// What is the edge's own behind its reverse proxy: the login, and no questions of other proxies.
    func ownApplication(_ security: SecurityHeaders, provider: ProviderGraph) -> WebApplication {
        WebApplication(
            routes: ownRoutes.map(RequestScope.wrapping), security: security, clientAddress: parts.trustedProxies,
            metrics: provider.metrics, logger: parts.logger)
    }

    /// For the provider's listeners: questions stand behind `/check`.
    var fallback: Route { forwardAuth.fallback(answersAll: false) }
    var rememberedReplies: any RememberedReplies { remembered }

    /// Fetches issuers' keys before anybody needs them, and keeps them.
    func run() async {
        while !Task.isCancelled {
            await identities.tokens.refresh()
            do { try await Task.sleep(for: TokenAuthenticator.refreshInterval) } catch { return }
        }
    }

    private static func assertions(
        _ configuration: Configuration, _ edge: Configuration.Edge, _ provider: ProviderGraph,
        _ clock: any OpenIDConnect.WallClock
    ) -> (AssertionSource?, KeyKeeper?, [Route]) {
        guard let written = edge.assertion else { return (nil, nil, []) }
        let ring = KeyRing()
        let schedule = KeySchedule(rotationPeriod: .seconds(30 * 86_400), tokenLifetime: written.lifetime)
        let keeper = KeyKeeper(
            store: provider.store.assertionKeys, ring: ring, schedule: schedule, algorithm: .ES256, clock: clock,
            events: provider.parts.events
        ) { specification in try PrivateKey.generate(specification) }
        let source = AssertionSource(
            .init(
                issuer: written.issuer ?? configuration.issuer.text + "/edge", audience: written.audience,
                lifetime: written.lifetime.timeInterval, subjectPrefix: written.subjectPrefix),
            signer: BoundedSigner(ring: ring, clock: clock, limit: 1024), clock: clock)
        return (source, keeper, AssertionKeys(prefix: edge.prefix, ring: ring, maximumAge: schedule.maximumAge).routes)
    }

    /// Whatever policies and places of tokens look at.
    private static func headersThatMatter(_ policy: any EdgePolicy, _ issuers: [TrustedIssuer]) -> [String] {
        policy.headersLookedAt
            + issuers.flatMap(\.locations).compactMap { if case .header(let name, _) = $0 { name } else { nil } }
    }
}

extension IdentityHeaders {
    init(_ edge: Configuration.Edge, observer: any EdgeObserver) {
        let headers = edge.headers
        self.init(
            families: Set(headers.families.compactMap { Family(rawValue: $0.rawValue) }),
            authorization: Authorization(rawValue: headers.authorization.rawValue) ?? .keep,
            passesAccessToken: headers.accessToken, claims: headers.claims.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 },
            kubeflowPrefix: headers.kubeflowPrefix, googleNamespace: headers.googleNamespace,
            assertionHeader: edge.assertion?.header ?? "x-goog-iap-jwt-assertion",
            outputs: edge.istioTokenOutputs, observer: observer)
    }
}
