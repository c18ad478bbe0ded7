extension Configuration.Connector {
    /// A service that knows people, and at which this provider is registered as an application.
    public enum Provider: Sendable, Hashable {
        case oauth(OAuth)
        case github(GitHub)
        case gitlab(GitLab)
        case gitea(Gitea)
        case google(Google)
        case microsoft(Microsoft)
        case linkedin(LinkedIn)
        case bitbucketCloud(BitbucketCloud)
        case openshift(OpenShift)
        case atlassianCrowd(AtlassianCrowd)
        case keystone(Keystone)

        public var typeName: String {
            switch self {
            case .oauth: "oauth"
            case .github: "github"
            case .gitlab: "gitlab"
            case .gitea: "gitea"
            case .google: "google"
            case .microsoft: "microsoft"
            case .linkedin: "linkedin"
            case .bitbucketCloud: "bitbucket-cloud"
            case .openshift: "openshift"
            case .atlassianCrowd: "atlassian-crowd"
            case .keystone: "keystone"
            }
        }
    }

    /// What this provider is known as at another service.
    public struct Application: Sendable, Hashable {
        public var clientID: String
        /// Empty where the service asks for none.
        public var clientSecret: Secret
        /// Where browsers come back to. It must be the issuer with `/callback`.
        public var redirectURI: String
    }

    /// How another service is recognized.
    public struct ServiceTrust: Sendable, Hashable {
        /// Certificates in PEM, besides those of the system.
        public var rootCAs: [String] = []
        public var insecureSkipVerify = false
    }

    /// Members may log in, or only those in some of its teams.
    public struct Organization: Sendable, Hashable {
        public var name: String
        /// Empty: all members.
        public var teams: [String]
    }
}

extension Configuration.Connector.Application {
    /// Reads `clientID`, `clientSecret` and `redirectURI`.
    static func read(_ keys: Keys, needsSecret: Bool = true) -> Self? {
        let clientID = keys.required("clientID", .text, hint: "the id that the service has given this provider")
        let secret = secret(keys, isNeeded: needsSecret)
        // That it is there, and the one that it must be, is checked with the issuer at hand.
        let redirectURI = keys("redirectURI", .text, default: "")
        guard let clientID, let secret else { return nil }
        return Self(clientID: clientID, clientSecret: secret, redirectURI: redirectURI)
    }

    static func secret(_ keys: Keys, isNeeded: Bool) -> Secret? {
        switch SecretSource(inline: "clientSecret", variable: "clientSecretEnv", file: "clientSecretFile").read(keys) {
        case .found(let secret, _): return secret
        case .invalid: return nil
        case .absent:
            guard isNeeded else { return Secret("") }
            return keys.required("clientSecret", .secret, hint: "write it, or clientSecretFile or clientSecretEnv")
        }
    }
}

extension Configuration.Connector.ServiceTrust {
    /// - Parameters:
    ///   - one: Dex's key for a single authority, if the connector has one.
    ///   - insecure: Dex's key for trusting everybody, if the connector has one.
    static func read(_ keys: Keys, one: String? = nil, insecure: String? = nil) -> Self {
        let single = one.flatMap { keys($0, .certificateAuthority) }
        let several = keys("rootCAs", .list(of: .certificateAuthority), default: [])
        let isInsecure = insecure.map { keys($0, .bool, default: false) } ?? false
        if isInsecure, let insecure, let written = keys[insecure] {
            keys.loading.warning("anybody can pretend to be this service", hint: "write rootCAs", at: written)
        }
        return Self(rootCAs: [single].compactMap { $0 } + several, insecureSkipVerify: isInsecure)
    }
}

extension Configuration.Connector.Organization {
    static var schema: Schema<Self> {
        .mapping { keys in
            let name = keys.required("name", .text)
            let teams = keys("teams", .list(of: .text), default: [])
            return name.map { Self(name: $0, teams: teams) }
        }
    }
}
