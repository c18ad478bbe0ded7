import Bytes
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

/// The login and the sessions of the edge, as the configuration has them.
struct EdgeLogin: Sendable {
    /// For the listener of the edge.
    let routes: [Route]
    let authenticator: SessionAuthenticator
    /// Where browsers are sent that nobody knows.
    let guide: LoginEntry
    /// For ``CredentialFinder/sessionCookie``.
    let cookieName: String

    /// What is needed of the provider and its surroundings.
    struct Surroundings: Sendable {
        let parts: ProviderParts
        let store: SQLiteStore
        let client: EdgeClient?
        let proxies: ProxyRules
        let trustedProxies: ClientAddressRule
        let logger: Logger
    }

    /// - Parameter prefix: of the login's addresses, such as `/oauth2`.
    init(
        _ configuration: Configuration, _ edge: Configuration.Edge, _ login: Configuration.Edge.Login, prefix: String,
        _ surroundings: Surroundings
    ) throws {
        let parts = surroundings.parts
        let isSecure = Self.isSecure(configuration, edge, login)
        var allowed: [AllowedHost] = []
        for text in login.allowedRedirectHosts {
            guard let host = AllowedHost(text) else { throw StartError("edge.login.allowedRedirectHosts: \(text) is no host") }
            allowed.append(host)
        }
        let redirectURI: LoginSettings.RedirectURI =
            login.redirectURI.map { .fixed($0) } ?? .host(otherwise: login.issuer == nil ? configuration.issuer.origin : nil)
        var settings = LoginSettings(
            clientID: surroundings.client?.client.id ?? login.clientID ?? "", redirectURI: redirectURI,
            targets: RedirectTargets(allowedHosts: allowed, prefix: prefix),
            session: SessionSettings(edge.session, login, isSecure: isSecure))
        settings.scopes = login.scopes
        settings.prompt = login.prompt
        settings.parameters = login.parameters
        settings.showsPage = login.signInPage
        settings.endsProviderSession = login.signOutOfProvider

        let provider = Self.provider(login, surroundings)
        let log = EdgeLoginLog(logger: surroundings.logger)
        let sessions = EdgeSessions(
            settings.session, provider: provider, store: surroundings.store, sealers: parts.sealers,
            revocations: parts.revocations, clock: parts.clock, random: parts.random, events: log)
        let flow = LoginFlow(
            settings, provider: provider, sessions: sessions, sealers: parts.sealers, clock: parts.clock, random: parts.random,
            events: log)
        let theme = try Theme(configuration, path: prefix)
        routes =
            LoginRoutes(
                flow: flow,
                context: RouteContext(pages: theme.pages, path: prefix, isSecure: isSecure, logoURL: theme.logoURL),
                files: theme.files.filter { $0.key != "/robots.txt" }, trustedProxies: surroundings.trustedProxies
            ).routes
        authenticator = SessionAuthenticator(sessions)
        guide = LoginEntry(
            rule: ChallengeRule(apiRoutes: login.apiRoutes, anyAccept: ChallengeRule.Challenge(login.anyAccept)),
            prefix: prefix, origin: login.origin, showsPage: login.signInPage)
        cookieName = settings.session.cookie.name
    }

    /// What the edge's client has to be registered with: the login's page at every host where it may be.
    static func addresses(
        of page: String, _ configuration: Configuration, _ edge: Configuration.Edge, _ login: Configuration.Edge.Login
    ) -> [String] {
        let path = edge.prefix + page
        if let uri = login.redirectURI {
            guard !page.hasSameBytes(as: LoginSettings.callbackPage) else { return [uri] }
            return [(uri.startsWithBytes(of: "/") ? "" : WebOrigin(of: uri)?.text ?? "") + path]
        }
        let scheme = isSecure(configuration, edge, login) ? "https" : "http"
        let hosts = login.allowedRedirectHosts.compactMap { AllowedHost($0)?.exact }
        return ([configuration.issuer.origin] + hosts.map { "\(scheme)://\($0)" }).map { $0 + path }
    }

    private static func isSecure(
        _ configuration: Configuration, _ edge: Configuration.Edge, _ login: Configuration.Edge.Login
    ) -> Bool {
        if let secure = edge.session.cookie.secure { return secure }
        let address = [login.origin, login.redirectURI].compactMap(\.self).first { !$0.startsWithBytes(of: "/") }
        return address?.asciiLowercased.startsWithBytes(of: "https:") ?? configuration.issuer.isSecure
    }

    private static func provider(_ login: Configuration.Edge.Login, _ surroundings: Surroundings) -> any LoginProvider {
        let parts = surroundings.parts
        guard let issuer = login.issuer else {
            // Without a client of its own nobody could have got here: the configuration is checked first.
            let client = surroundings.client?.client ?? Client(id: login.clientID ?? "", secret: nil, name: "")
            return OwnProvider(
                client: client, secret: surroundings.client?.secret, parts: parts, authorizationURL: login.authURL)
        }
        var settings = UpstreamSettings()
        settings.proxies = surroundings.proxies
        settings.trust = .system(additional: login.rootCAs)
        // Only who has written such an address as the issuer wants it.
        settings.allowsLinkLocal = UpstreamURL(issuer)?.isLinkLocal ?? false
        let http = UpstreamClient(settings)
        let clock = parts.clock
        return RemoteLoginProvider(
            .init(issuer: issuer, clientID: login.clientID ?? "", clientSecret: login.clientSecret?.text),
            provider: RemoteProvider(
                issuer: issuer, overrides: EndpointOverrides(authorization: login.authURL), http: http, now: { clock.now }),
            http: http)
    }
}

extension SessionSettings {
    fileprivate init(_ session: Configuration.Edge.Session, _ login: Configuration.Edge.Login, isSecure: Bool) {
        let written = session.cookie
        let sameSite = SessionCookie.SameSite(written.sameSite)
        self.init(
            cookie: written.isExact
                ? SessionCookie(exactly: written.name, domain: written.domain, isSecure: isSecure, sameSite: sameSite)
                : SessionCookie(name: written.name, domain: written.domain, isSecure: isSecure, sameSite: sameSite))
        keeping = Keeping(session.store)
        lifetime = session.lifetime
        idleLifetime = session.idleLifetime
        refreshInterval = session.refreshInterval
        keepsAccessToken = session.keepAccessToken
        claims.emailClaim = login.emailClaim
        claims.groupsClaim = login.groupsClaim
        claims.preferredUsernameClaim = login.preferredUsernameClaim
        claims.takesUnverifiedEmail = login.allowUnverifiedEmail
    }
}
