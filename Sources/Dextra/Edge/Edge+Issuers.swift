public import DexConfiguration
public import Edge
import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect
import Upstream

/// Everything that finds out who a token or certificate belongs to.
struct EdgeIdentities: Sendable {
    /// Of `edge.issuers`, then those of Istio's policies.
    let issuers: [TrustedIssuer]
    /// Its ``TokenAuthenticator/refresh()`` is to be called at the start and every ``TokenAuthenticator/refreshInterval``.
    let tokens: TokenAuthenticator
    let certificates: CertificateAuthenticator?

    /// - Parameters:
    ///   - issuers: ``Configuration/Edge/trustedIssuers(ours:)``.
    /// - Throws: ``StartError`` for keys that cannot be used.
    init(
        _ edge: Configuration.Edge, issuers: [TrustedIssuer], provider: TokenAuthenticator.Provider,
        clock: any OpenIDConnect.WallClock, proxies: ProxyRules, log: any IdentityLog
    ) throws(StartError) {
        self.issuers = issuers
        do throws(TrustedIssuerError) {
            tokens = try TokenAuthenticator(issuers: issuers, provider: provider, clock: clock, log: log) {
                UpstreamClient(UpstreamSettings($0, proxies: proxies))
            }
        } catch {
            throw StartError("edge: \(error)")
        }
        certificates = edge.certificates.map { CertificateAuthenticator(CertificateTrust($0), clock: clock) }
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
}

extension Configuration.Edge {
    /// Whose tokens are believed: `issuers`, then those that `policyFiles` name.
    /// - Parameter ours: this provider's name in its own tokens.
    public func trustedIssuers(ours: String) -> [TrustedIssuer] { issuers.map { TrustedIssuer($0, ours: ours) } + istioIssuers }
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
        algorithms = Set(configuration.algorithms.map(SignatureAlgorithm.init))
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
        let names = configuration.names.map(Name.init)
        self.init(
            issuer: configuration.issuer, names: names,
            mappings: configuration.mappings.map {
                // Hashes are compared in lower case; nothing else in a certificate is 64 hexadecimal digits.
                let isHash = names.contains(.hash) && $0.name.utf8.count == 64 && $0.name.utf8.allSatisfy(\.isASCIIHexDigit)
                return Mapping(
                    name: isHash ? $0.name.asciiLowercased : $0.name, subject: $0.subject, email: $0.email, groups: $0.groups)
            }, requiresMapping: configuration.requireMapping)
    }
}
