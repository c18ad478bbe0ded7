import DexConfiguration
import Edge
import FoundationEssentials
import JOSE
import Logging
import OpenIDConnect
import Upstream
import Web

/// Everything that finds out who a token or certificate belongs to.
struct EdgeIdentities: Sendable {
    /// Of `edge.issuers`, then those of Istio's policies.
    let issuers: [TrustedIssuer]
    /// Its ``TokenAuthenticator/refresh()`` is to be called at the start and every ``TokenAuthenticator/refreshInterval``.
    let tokens: TokenAuthenticator
    let certificates: CertificateAuthenticator?

    /// - Parameters:
    ///   - others: issuers that policy files name.
    ///   - issuer: this provider's name in its own tokens.
    /// - Throws: ``StartError`` for keys that cannot be used.
    init(
        _ edge: Configuration.Edge, others: [TrustedIssuer] = [], issuer: String, provider: TokenAuthenticator.Provider,
        clock: any OpenIDConnect.WallClock, proxies: ProxyRules, logger: Logger, metrics: Metrics
    ) throws {
        let issuers = edge.issuers.map { TrustedIssuer($0, ours: issuer) } + others
        self.issuers = issuers
        let tokens: TokenAuthenticator
        do throws(TrustedIssuerError) {
            tokens = try TokenAuthenticator(
                issuers: issuers, provider: provider, clock: clock,
                log: IdentityLogger(logger: logger, metrics: metrics, clock: clock)
            ) { UpstreamClient(UpstreamSettings($0, proxies: proxies)) }
        } catch {
            throw StartError("edge: \(error)")
        }
        self.tokens = tokens
        certificates = edge.certificates.map { CertificateAuthenticator(CertificateTrust($0), clock: clock) }
        Self.watch(tokens, metrics)
    }

    /// Where credentials may stand in a request.
    func finder(sessionCookie: String?) -> CredentialFinder {
        CredentialFinder(
            tokenLocations: TrustedIssuer.locations(of: issuers), sessionCookie: sessionCookie,
            takesCertificates: certificates != nil)
    }

    /// - Parameter sessions: who looks at session cookies.
    func authenticator(sessions: (any EdgeAuthenticator)?) -> Authenticators {
        Authenticators(tokens: issuers.isEmpty ? nil : tokens, sessions: sessions, certificates: certificates)
    }

    private static func watch(_ tokens: TokenAuthenticator, _ metrics: Metrics) {
        func count(_ result: String, _ read: @escaping @Sendable (IdentityCounts) -> Int) {
            metrics.counter(
                "dextra_edge_tokens_total", help: "Bearer tokens at the edge: remembered, or looked into with this result.",
                labels: [("result", result)]
            ) { Double(read(tokens.counts)) }
        }
        count("remembered") { $0.hits }
        count("believed") { $0.verified }
        count("refused") { $0.refused }
        count("unavailable") { $0.unavailable }
        metrics.gauge("dextra_edge_identities", help: "Identities of tokens that are remembered.") {
            Double(tokens.counts.remembered)
        }
        metrics.gauge("dextra_edge_identities_bytes", help: "About how much memory they take.") { Double(tokens.counts.bytes) }
        for (index, entry) in tokens.keyAges.enumerated() {
            metrics.gauge(
                "dextra_edge_keys_age_seconds", help: "Seconds since the keys of an issuer were fetched.",
                labels: [("issuer", entry.issuer)]
            ) {
                let ages = tokens.keyAges
                return index < ages.count ? ages[index].seconds : nil
            }
        }
    }
}

extension TrustedIssuer {
    init(_ configuration: Configuration.Edge.Issuer, ours: String) {
        let keys: Keys =
            switch configuration.keys {
            case .ours: .ours
            case .discovery: .discovery
            case .url(let url): .url(url)
            case .inline(let text): .inline(text)
            }
        self.init(issuer: keys == .ours ? ours : configuration.issuer, keys: keys, audiences: configuration.audiences)
        let named =
            configuration.fromHeaders.map { Location.header($0.name, prefix: $0.prefix) }
            + configuration.fromParams.map(Location.query) + configuration.fromCookies.map(Location.cookie)
        locations = (named.isEmpty ? [Self.authorization] : named) + (configuration.fromBasicAuth ? [.basic] : [])
        emailClaim = configuration.claims.email
        groupsClaim = configuration.claims.groups
        preferredUsernameClaim = configuration.claims.preferredUsername
        takesUnverifiedEmail = configuration.allowUnverifiedEmail
        algorithms = Set(configuration.algorithms.compactMap { SignatureAlgorithm(rawValue: $0.rawValue) })
        cacheSeconds = configuration.cacheFor.timeInterval
        rootCAs = configuration.rootCAs
        spaceDelimitedClaims = configuration.spaceDelimitedClaims
        introspection = configuration.introspection.map {
            Introspection(
                url: $0.url, clientID: $0.clientID, clientSecret: $0.clientSecret.text, cacheSeconds: $0.cacheFor.timeInterval)
        }
    }
}

extension UpstreamSettings {
    fileprivate init(_ issuer: TrustedIssuer, proxies: ProxyRules) {
        self.init()
        self.proxies = proxies
        trust = .system(additional: issuer.rootCAs)
        deadline = .seconds(5)
        // Only who has written such an address as the issuer wants it.
        allowsLinkLocal = UpstreamURL(issuer.issuer)?.isLinkLocal ?? false
        if case .url(let url) = issuer.keys { allowsLinkLocal = UpstreamURL(url)?.isLinkLocal ?? allowsLinkLocal }
    }
}

extension CertificateTrust {
    init(_ configuration: Configuration.Edge.Certificates) {
        let names = configuration.names.compactMap { Name(rawValue: $0.rawValue) }
        self.init(
            issuer: configuration.issuer, names: names,
            mappings: configuration.mappings.map {
                // Hashes are compared in lower case; nothing else in a certificate is 64 hexadecimal digits.
                let isHash = names.contains(.hash) && $0.name.utf8.count == 64 && $0.name.allSatisfy(\.isHexDigit)
                return Mapping(
                    name: isHash ? $0.name.lowercased() : $0.name, subject: $0.subject, email: $0.email, groups: $0.groups)
            }, requiresMapping: configuration.requireMapping)
    }
}
