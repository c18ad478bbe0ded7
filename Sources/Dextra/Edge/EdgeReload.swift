import Bytes
import DexConfiguration
import Edge
import EdgeServer
import Logging
import OpenIDConnect
import Synchronization
import Upstream
import Web

/// Makes the rules of the edge of a configuration, and again of every configuration that a reload brings: policies, issuers and
/// headers. Sessions stay, and all else is as it was at the start.
final class EdgeReload: Sendable {
    /// What rules are made with, and a reload does not change.
    struct Surroundings: Sendable {
        /// This provider's name in its own tokens.
        let issuer: String
        let provider: TokenAuthenticator.Provider
        let clock: any OpenIDConnect.WallClock
        let proxies: ProxyRules
        let login: EdgeLogin?
        let observer: any EdgeObserver
        let logger: Logger
        let metrics: Metrics
    }

    let rules: CurrentRules
    let remembered: RememberedAnswers
    private let started: Configuration.Edge
    private let surroundings: Surroundings
    private let log: IdentityLogger
    private let identities: Mutex<EdgeIdentities>
    /// Issuers whose keys have a gauge.
    private let watched = Mutex<Set<ExactText>>([])

    /// - Throws: ``StartError`` for keys that cannot be used.
    init(_ edge: Configuration.Edge, _ surroundings: Surroundings) throws(StartError) {
        started = edge
        self.surroundings = surroundings
        log = IdentityLogger(logger: surroundings.logger, metrics: surroundings.metrics, clock: surroundings.clock)
        let made = try Made(edge, surroundings, log: log, former: nil)
        identities = Mutex(made.identities)
        rules = CurrentRules(made.rules)
        remembered = RememberedAnswers(headers: made.headersThatMatter, clock: surroundings.clock)
        watchCounts()
        watchKeys(made.identities.tokens)
    }

    /// Where tokens are looked at now.
    var tokens: TokenAuthenticator { identities.withLock { $0 }.tokens }

    /// - Returns: what makes the rules of a new configuration those in use.
    /// - Throws: ``StartError`` for keys that cannot be used; nothing has changed then.
    func prepare(_ new: Configuration.Edge) throws(StartError) -> @Sendable () -> Void {
        let made = try Made(started.taking(new), surroundings, log: log, former: identities.withLock { $0 })
        return { [self] in
            identities.withLock { $0 = made.identities }
            rules.replace(made.rules)
            remembered.replace(headers: made.headersThatMatter)
            watchKeys(made.identities.tokens)
        }
    }

    private struct Made: Sendable {
        let identities: EdgeIdentities
        let rules: EdgeRules
        /// Whatever policies and places of tokens look at.
        let headersThatMatter: [String]

        /// - Parameter former: kept, with all that they know, where the issuers are the same.
        init(
            _ edge: Configuration.Edge, _ surroundings: Surroundings, log: IdentityLogger, former: EdgeIdentities?
        ) throws(StartError) {
            let issuers = edge.trustedIssuers(ours: surroundings.issuer)
            if let former, isSameByBytes(former.issuers, issuers) {
                identities = former
            } else {
                identities = try EdgeIdentities(
                    edge, issuers: issuers, provider: surroundings.provider, clock: surroundings.clock,
                    proxies: surroundings.proxies, log: log)
            }
            let policy = edge.policy(issuers: issuers)
            rules = EdgeRules(
                gate: EdgeGate(
                    finder: identities.finder(sessionCookie: surroundings.login?.cookieName),
                    authenticator: identities.authenticator(sessions: surroundings.login?.authenticator), policy: policy),
                headers: IdentityHeaders(edge, observer: surroundings.observer))
            headersThatMatter =
                policy.headersLookedAt + rules.headers.plainDisguises
                + issuers.flatMap(\.locations).compactMap { if case .header(let name, _) = $0 { name } else { nil } }
        }
    }

    // MARK: Metrics

    private func watchCounts() {
        let metrics = surroundings.metrics
        func count(_ result: String, _ read: @escaping @Sendable (IdentityCounts) -> Int) {
            metrics.counter(
                "dextra_edge_tokens_total", help: "Bearer tokens at the edge: remembered, or looked into with this result.",
                labels: [("result", result)]
            ) { [weak self] in self.map { Double(read($0.tokens.counts)) } }
        }
        count("remembered") { $0.hits }
        count("believed") { $0.verified }
        count("refused") { $0.refused }
        count("unavailable") { $0.unavailable }
        metrics.gauge("dextra_edge_identities", help: "Identities of tokens that are remembered.") { [weak self] in
            self.map { Double($0.tokens.counts.remembered) }
        }
        metrics.gauge("dextra_edge_identities_bytes", help: "About how much memory they take.") { [weak self] in
            self.map { Double($0.tokens.counts.bytes) }
        }
    }

    private func watchKeys(_ tokens: TokenAuthenticator) {
        for issuer in tokens.keyAges.map(\.issuer) where watched.withLock({ $0.insert(issuer.exact).inserted }) {
            surroundings.metrics.gauge(
                "dextra_edge_keys_age_seconds", help: "Seconds since the keys of an issuer were fetched.",
                labels: [("issuer", issuer)]
            ) { [weak self] in self?.tokens.keyAges.first { $0.issuer.hasSameBytes(as: issuer) }?.seconds }
        }
    }
}

extension Configuration.Edge {
    /// This with what a reload takes of a new configuration.
    func taking(_ new: Configuration.Edge) -> Configuration.Edge {
        var taken = self
        taken.policies = new.policies
        taken.policyFiles = new.policyFiles
        taken.issuers = new.issuers
        taken.headers = new.headers
        return taken
    }

    /// The keys whose changes need a restart.
    func needingRestart(for new: Configuration.Edge) -> [String] {
        guard !isSameByBytes(taking(new), new) else { return [] }
        let keys: [(String, Bool)] = [
            ("http", !isSameByBytes(http, new.http)), ("grpc", !isSameByBytes(grpc, new.grpc)),
            ("prefix", !isSameByBytes(prefix, new.prefix)),
            ("proxy", !isSameByBytes(proxy, new.proxy)),
            ("trustedProxies", !isSameByBytes(trustedProxies, new.trustedProxies)),
            ("certificates", !isSameByBytes(certificates, new.certificates)),
            ("login", !isSameByBytes(login, new.login)), ("session", !isSameByBytes(session, new.session)),
            ("pathNormalization", !isSameByBytes(pathNormalization, new.pathNormalization)),
            ("assertion", !isSameByBytes(assertion, new.assertion)),
            ("allowedOrigins", !isSameByBytes(allowedOrigins, new.allowedOrigins)),
            ("listen", !isSameByBytes(listen, new.listen)),
            ("upstreams", !isSameByBytes(upstreams, new.upstreams)),
        ]
        let changed = keys.filter(\.1).map { "edge." + $0.0 }
        return changed.isEmpty ? ["edge"] : changed
    }
}

extension IdentityHeaders {
    init(_ edge: Configuration.Edge, observer: any EdgeObserver) {
        let headers = edge.headers
        self.init(
            families: Set(headers.families.map(Family.init)), authorization: Authorization(headers.authorization),
            passesAccessToken: headers.accessToken,
            claims: headers.claims.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) },
            kubeflowPrefix: headers.kubeflowPrefix, googleNamespace: headers.googleNamespace,
            assertionHeader: edge.assertion?.header ?? "x-goog-iap-jwt-assertion",
            outputs: edge.istioTokenOutputs, observer: observer)
    }
}
