import Bytes
import Connectors
import DexConfiguration
import JOSE
import OpenIDConnect
import Upstream

/// Makes the connectors of services at which we are an application.
struct ProviderConnectors {
    typealias Settings = Configuration.Connector

    let clock: any WallClock
    let random: any RandomSource
    let files: FileReading
    let proxies: ProxyRules
    let life: UpstreamLife
    let environment: [ExactText: String]

    func make(_ provider: Settings.Provider) -> any Connector {
        switch provider {
        case .oauth(let settings):
            connector(GenericProvider(settings), settings.application, http(settings.trust))
        case .github(let settings):
            connector(GitHubProvider(settings), settings.application, http(settings.trust))
        case .gitlab(let settings):
            connector(GitLabProvider(settings), settings.application, http(settings.trust))
        case .gitea(let settings):
            connector(GiteaProvider(settings), settings.application, http(settings.trust))
        case .google(let settings): google(settings)
        case .microsoft(let settings):
            connector(MicrosoftProvider(settings), settings.application, http(settings.trust), proof: proof(settings))
        case .linkedin(let settings):
            connector(LinkedInProvider(settings), settings.application, http(settings.trust))
        case .bitbucketCloud(let settings):
            connector(BitbucketCloudProvider(settings), settings.application, http(settings.trust))
        case .openshift(let settings): openshift(settings)
        case .atlassianCrowd(let settings): CrowdConnector(settings, http(settings.trust))
        case .keystone(let settings): KeystoneConnector(settings, http(settings.trust))
        }
    }

    private func http(_ trust: Settings.ServiceTrust) -> any HTTPExchange {
        var settings = UpstreamSettings()
        settings.proxies = proxies
        settings.life = life
        settings.trust = trust.insecureSkipVerify ? .insecure : .system(additional: trust.rootCAs)
        return UpstreamClient(settings)
    }

    /// For a server of this machine's own, at a link-local address.
    private var metadataServer: any HTTPExchange {
        var settings = UpstreamSettings()
        settings.life = life
        settings.allowsLinkLocal = true
        return UpstreamClient(settings)
    }

    private func connector<Provider: OAuthProvider>(
        _ provider: Provider, _ application: Settings.Application, _ exchange: any HTTPExchange,
        proof: OAuthApplication.Proof? = nil
    ) -> OAuthConnector<Provider> {
        let registered = OAuthApplication(
            clientID: application.clientID, proof: proof ?? .secret(application.clientSecret.text))
        return OAuthConnector(provider, application: registered, exchange: exchange, clock: clock, random: random)
    }

    private func google(_ settings: Settings.Google) -> any Connector {
        let exchange = http(settings.trust)
        let issuer = OpenIDIssuer(
            RemoteProvider(issuer: settings.issuer, http: exchange, now: { [clock] in clock.now }),
            clientID: settings.application.clientID,
            // Google's tokens may name it without the scheme.
            otherName: settings.issuer == "https://accounts.google.com" ? "accounts.google.com" : nil)
        var provider = GoogleProvider(issuer: issuer)
        provider.scopes = settings.scopes
        provider.hostedDomains = settings.hostedDomains
        provider.groups = settings.groups
        provider.fetchesTransitively = settings.fetchTransitiveGroupMembership
        provider.promptType = settings.promptType
        if !settings.domainToAdminEmail.isEmpty {
            let credentials = GoogleCredentials(configured: settings.serviceAccountFilePath, environment: environment)
            provider.directory = GoogleDirectory(
                administrators: settings.domainToAdminEmail, baseURL: settings.directoryURL, exchange: exchange,
                clock: clock
            ) { [files, metadata = metadataServer] () async throws(ConnectorError) in
                try await credentials.account(files, metadata: metadata, exchange: exchange)
            }
        }
        return connector(provider, settings.application, exchange)
    }

    private func openshift(_ settings: Settings.OpenShift) -> any Connector {
        let exchange = http(settings.trust)
        var provider = OpenShiftProvider(issuer: settings.issuer, exchange: exchange, clock: clock)
        provider.groups = settings.groups
        return connector(provider, settings.application, exchange)
    }

    private func proof(_ settings: Settings.Microsoft) -> OAuthApplication.Proof? {
        settings.clientAssertion.map { path in
            .assertion { [files] () async throws(ConnectorError) in try await files.line(path) }
        }
    }
}

extension GenericProvider {
    fileprivate init(_ settings: Configuration.Connector.OAuth) {
        self.init(
            authorizationURL: settings.authorizationURL, tokenURL: settings.tokenURL, userInfoURL: settings.userInfoURL)
        scopes = settings.scopes
        placement = settings.basicAuthUnsupported.map { $0 ? .form : .header } ?? .headerThenForm
        challenge = ChallengeMethod(rawValue: settings.challenge.rawValue) ?? .none
        claims.userID = settings.userIDKey
        claims.userName = settings.claims.userNameKey
        claims.preferredUsername = settings.claims.preferredUsernameKey
        claims.groups = settings.claims.groupsKey
        claims.email = settings.claims.emailKey
        claims.emailVerified = settings.claims.emailVerifiedKey
    }
}

extension Organization {
    fileprivate init(_ settings: Configuration.Connector.Organization) {
        self.init(name: settings.name, teams: settings.teams)
    }
}

extension GitHubProvider {
    fileprivate init(_ settings: Configuration.Connector.GitHub) {
        self.init()
        hostName = settings.hostName
        organizations = settings.organizations.map(Organization.init)
        legacyOrganization = settings.legacyOrganization
        teamNames = TeamNames(rawValue: settings.teamNameField.rawValue) ?? .name
        loadsAllGroups = settings.loadAllGroups
        usesLoginAsID = settings.useLoginAsID
        preferredEmailDomain = settings.preferredEmailDomain
    }
}

extension GitLabProvider {
    fileprivate init(_ settings: Configuration.Connector.GitLab) {
        self.init()
        baseURL = settings.baseURL
        groups = settings.groups
        usesLoginAsID = settings.useLoginAsID
        addsPermissions = settings.getGroupsPermission
        inheritsGroups = settings.inheritedGroups
    }
}

extension GiteaProvider {
    fileprivate init(_ settings: Configuration.Connector.Gitea) {
        self.init()
        baseURL = settings.baseURL
        organizations = settings.organizations.map(Organization.init)
        loadsAllGroups = settings.loadAllGroups
        usesLoginAsID = settings.useLoginAsID
    }
}

extension MicrosoftProvider {
    fileprivate init(_ settings: Configuration.Connector.Microsoft) {
        self.init()
        tenant = settings.tenant
        loginURL = settings.apiURL
        graphURL = settings.graphURL
        scopes = settings.scopes
        onlySecurityGroups = settings.onlySecurityGroups
        groups = settings.groups
        groupsAreIDs = settings.groupNameFormat == .id
        filtersGroups = settings.useGroupsAsWhitelist
        lowercasesEmail = settings.emailToLowercase
        promptType = settings.promptType
        domainHint = settings.domainHint
        preferredUsername = settings.preferredUsernameField.map { field in
            switch field {
            case .name: .name
            case .email: .email
            case .mailNickname: .mailNickname
            case .onPremisesSamAccountName: .onPremisesSamAccountName
            }
        }
    }
}

extension LinkedInProvider {
    fileprivate init(_ settings: Configuration.Connector.LinkedIn) {
        self.init()
        authURL = settings.authURL
        apiURL = settings.apiURL
    }
}

extension BitbucketCloudProvider {
    fileprivate init(_ settings: Configuration.Connector.BitbucketCloud) {
        self.init()
        authURL = settings.authURL
        apiURL = settings.apiURL
        teams = settings.teams
        addsPermissions = settings.getWorkspacePermissions
    }
}

extension CrowdConnector {
    fileprivate init(_ settings: Configuration.Connector.AtlassianCrowd, _ exchange: any HTTPExchange) {
        self.init(
            baseURL: settings.baseURL, clientID: settings.clientID, clientSecret: settings.clientSecret.text,
            exchange: exchange)
        groups = settings.groups
        preferredUsername = settings.preferredUsernameField.flatMap { PreferredUsername(rawValue: $0.rawValue) }
        prompt = settings.usernamePrompt
    }
}

extension KeystoneConnector {
    fileprivate init(_ settings: Configuration.Connector.Keystone, _ exchange: any HTTPExchange) {
        self.init(
            host: settings.host, domain: settings.domain, administrator: settings.administrator,
            password: settings.password.text, exchange: exchange)
    }
}
