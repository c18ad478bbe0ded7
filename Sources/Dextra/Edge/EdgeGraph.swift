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
    var routes: [Route] { forwardAuth.routes + [forwardAuth.userInfo] + ownRoutes }
    /// Anything that makes remembered answers wrong calls it.
    let forget: @Sendable () -> Void
    private let ownRoutes: [Route]
    /// The cookies that no backend sees.
    let cookies: [String]
    /// What its further cookies begin with.
    let cookiePrefixes: [String]
    private let forwardAuth: ForwardAuthRoutes
    private let reloading: EdgeReload
    private let pathPrefix: String?

    init(
        _ configuration: Configuration, _ edge: Configuration.Edge, provider: ProviderGraph, options: ProviderOptions,
        logger: Logger
    ) throws {
        let log = EdgeLog(logger: logger, metrics: provider.metrics)
        let proxies = ProxyRules(environment: options.environment)
        let trustedProxies = try ClientAddressRule(
            header: "X-Forwarded-For", trustedProxies: edge.trustedProxies.map(\.text))
        let login = try edge.login.map { login in
            try EdgeLogin(
                configuration, edge, login, prefix: edge.prefix,
                .init(
                    parts: provider.parts, store: provider.store, client: provider.edgeClient, proxies: proxies,
                    trustedProxies: trustedProxies, logger: logger))
        }
        let reloading = try EdgeReload(
            edge,
            .init(
                issuer: configuration.issuer.text, provider: .init(ring: provider.ring, revocations: provider.revocations),
                clock: options.clock, proxies: proxies, login: login, observer: log, logger: logger, metrics: provider.metrics))
        self.reloading = reloading
        let (assertions, keys, assertionRoutes) = Self.assertions(configuration, edge, provider, options.clock)
        assertionKeys = keys
        cookies = (login?.cookieName).map { [$0] } ?? []
        cookiePrefixes = cookies.map(LoginFlow.attemptPrefix(of:))
        parts = EdgeParts(
            answers: EdgeAnswers(rules: reloading.rules, assertions: assertions, login: login?.guide, observer: log),
            trustedProxies: trustedProxies, prefix: edge.prefix, dialect: edge.proxy.map(ProxyDialect.init),
            webSockets: WebSocketOrigins(
                allowed: edge.allowedOrigins, cookies: EdgeCookieNames(cookies, prefixes: cookiePrefixes)), logger: logger)
        forget = { reloading.remembered.clear() }
        forwardAuth = ForwardAuthRoutes(parts, remembered: reloading.remembered)
        ownRoutes = (login?.routes ?? []) + assertionRoutes
        pathPrefix = edge.pathPrefix
    }

    /// - Returns: what makes policies, issuers and headers of a new configuration those in use.
    /// - Throws: ``StartError``; nothing has changed then.
    func prepare(_ new: Configuration.Edge) throws -> @Sendable () -> Void { try reloading.prepare(new) }

    /// The edge on a listener of its own.
    func application(_ security: SecurityHeaders, provider: ProviderGraph, checks: [HealthCheck]) -> WebApplication {
        let asked: AskedPaths = pathPrefix.map { $0 == "/" ? .asSent : .behind($0) } ?? .unsaid
        // Where every path is the client's, those at which other proxies ask are no exception.
        let questions = asked == .asSent ? [] : forwardAuth.routes
        let pages = [forwardAuth.userInfo] + ownRoutes + EdgeHealth.routes(checks, prefix: parts.prefix)
        return WebApplication(
            routes: (questions + pages).map(RequestScope.wrapping),
            fallback: RequestScope.wrapping(forwardAuth.fallback(asked)), remembered: reloading.remembered,
            security: security,
            clientAddress: parts.trustedProxies, metrics: provider.metrics, logger: parts.logger)
    }

    /// What is the edge's own behind its reverse proxy: the login, and no questions of other proxies.
    func ownApplication(_ security: SecurityHeaders, provider: ProviderGraph) -> WebApplication {
        WebApplication(
            routes: ownRoutes.map(RequestScope.wrapping), security: security, clientAddress: parts.trustedProxies,
            metrics: provider.metrics, logger: parts.logger)
    }

    /// For the provider's listeners: questions stand behind a prefix.
    var fallback: Route {
        let prefix = pathPrefix ?? "/"
        return forwardAuth.fallback(.behind(prefix == "/" ? "/check" : prefix))
    }
    var rememberedReplies: any RememberedReplies { reloading.remembered }

    /// Fetches issuers' keys before anybody needs them, and keeps them.
    func run() async {
        while !Task.isCancelled {
            await reloading.tokens.refresh()
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
}
