import Connectors
import DexConfiguration
import FoundationEssentials
import JOSE
import OpenIDConnect
import Upstream

extension OIDCConnector {
    init(
        _ configuration: Configuration.Connector.OIDC, proxies: ProxyRules, life: UpstreamLife,
        clock: any OpenIDConnect.WallClock,
        random: any RandomSource
    ) {
        var settings = UpstreamSettings(configuration, proxies: proxies)
        settings.life = life
        let http = UpstreamClient(settings)
        let overrides = configuration.overrides
        let provider = RemoteProvider(
            issuer: configuration.issuer, alias: configuration.issuerAlias,
            overrides: EndpointOverrides(
                authorization: overrides.authURL, token: overrides.tokenURL, keys: overrides.jwksURL,
                userInfo: overrides.userInfoURL, endSession: overrides.endSessionURL),
            http: http, now: { clock.now })
        self.init(OIDCSettings(configuration), provider: provider, http: http, random: random)
    }
}

extension UpstreamSettings {
    fileprivate init(_ configuration: Configuration.Connector.OIDC, proxies: ProxyRules) {
        self.init()
        self.proxies = proxies
        trust = configuration.insecureSkipVerify ? .insecure : .system(additional: configuration.rootCAs)
        // Only who has written such an address as the issuer wants it.
        allowsLinkLocal = UpstreamURL(configuration.issuer)?.isLinkLocal ?? false
    }
}

extension OIDCSettings {
    fileprivate init(_ configuration: Configuration.Connector.OIDC) {
        self.init(
            issuer: configuration.issuer, clientID: configuration.clientID, clientSecret: configuration.clientSecret?.text)
        scopes = configuration.scopes
        sendsSecretInForm = configuration.basicAuthUnsupported
        challenge = configuration.pkceChallenge.flatMap { OIDCChallenge(rawValue: $0.rawValue) }
        acrValues = configuration.acrValues
        promptType = configuration.promptType.isEmpty ? nil : configuration.promptType
        asksUserInfo = configuration.getUserInfo
        claims = OIDCClaimRules(configuration)
        endsSessions = configuration.upstreamLogout
    }
}

extension OIDCClaimRules {
    fileprivate init(_ configuration: Configuration.Connector.OIDC) {
        self.init()
        userIDKey = configuration.userIDKey ?? userIDKey
        userNameKey = configuration.userNameKey ?? userNameKey
        preferredUsernameKey = configuration.claimMapping.preferredUsername
        emailKey = configuration.claimMapping.email
        groupsKey = configuration.claimMapping.groups
        overridesMapping = configuration.overrideClaimMapping
        needsEmail = configuration.scopes.contains("email")
        skipsEmailVerified = configuration.insecureSkipEmailVerified
        takesGroups = configuration.insecureEnableGroups
        allowedGroups = configuration.allowedGroups
        let modifications = configuration.claimModifications
        groups.filter = modifications.groupsFilter
        groups.prefix = modifications.prefix
        groups.suffix = modifications.suffix
        groups.made = modifications.newGroupFromClaims.map {
            .init(claims: $0.claims, delimiter: $0.delimiter, prefix: $0.prefix, clearsDelimiter: $0.clearDelimiter)
        }
    }
}
