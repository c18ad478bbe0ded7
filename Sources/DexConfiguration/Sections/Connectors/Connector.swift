import Bytes

extension Configuration {
    /// Where identities come from.
    public struct Connector: Sendable, Hashable {
        public var id: String
        /// What people see in the list of connectors.
        public var name: String
        public var kind: Kind
        /// Empty: all.
        public var grantTypes: Set<GrantType>
        /// What becomes of the claims of everybody that it finds, in order. Beyond Dex.
        public var claims: [ClaimRule]
        /// People whose e-mail address is in one of these domains, in lower case, are sent to it. Beyond Dex.
        public var emailDomains: [String]
    }
}

extension Configuration.Connector {
    /// The type of a connector with its settings.
    public enum Kind: Sendable, Hashable {
        /// Everybody is the same person, without a question.
        case mockCallback
        /// The same person, after a form.
        case mockPassword(username: String, password: Secret)
        /// A proxy in front says who it is.
        case authProxy(AuthProxy)
        case saml(SAML)
        case ldap(LDAP)
        case oidc(OIDC)
        /// People are known elsewhere.
        case provider(Provider)

        /// As it is written in `type`.
        public var typeName: String {
            switch self {
            case .mockCallback: "mockCallback"
            case .mockPassword: "mockPassword"
            case .authProxy: "authproxy"
            case .saml: "saml"
            case .ldap: "ldap"
            case .oidc: "oidc"
            case .provider(let provider): provider.typeName
            }
        }
    }

    /// The types that have a password form, and so can serve the password grant.
    static let typesWithPasswords: Set<ExactText> = ["atlassian-crowd", "keystone", "ldap", "mockPassword"]

    private enum Word: String, CaseIterable {
        case ldap, saml, samlExperimental, oidc
        case oauth, github, gitlab, gitea, google, microsoft, linkedin, openshift, keystone
        case bitbucketCloud = "bitbucket-cloud"
        case atlassianCrowd = "atlassian-crowd"
        case authproxy, mockCallback, mockPassword
    }

    /// All types, as they are told to somebody who has written none.
    static let typeNames = Word.allCases.map(\.rawValue).joined(separator: ", ")

    static var schema: Schema<Self> {
        .mapping { keys in
            let kind = kind(keys)
            let id = keys.required("id", .text)
            let name = keys.required("name", .text)
            let grantTypes = keys("grantTypes", .list(of: .grantType), default: [])
            let claims = keys("claims", .list(of: ClaimRule.schema), default: [])
            let emailDomains = keys("emailDomains", .list(of: .emailDomain), default: [])
            guard let kind, let id, let name else { return nil }
            return Self(
                id: id, name: name, kind: kind, grantTypes: Set(grantTypes), claims: claims, emailDomains: emailDomains)
        }
    }

    private static func kind(_ keys: Keys) -> Kind? {
        switch keys.required(
            "type", .connectorType(Word.self), hint: "one of \(typeNames)")
        {
        case .mockCallback:
            // Dex reads the settings of a connector that has none, too, and finds none.
            _ = keys("config", .mapping { _ in () }.expandingEnvironment())
            return .mockCallback
        case .mockPassword:
            return keys.required("config", mockPassword, hint: "write config: {username: …, password: …}")
        case .authproxy:
            return keys.required("config", AuthProxy.schema, hint: "write config: {trustedProxies: [127.0.0.1/32]}").map(
                Kind.authProxy)
        case .saml, .samlExperimental:
            return keys.required("config", SAML.schema, hint: "write config: {ssoURL: …, ca: …}").map(Kind.saml)
        case .ldap:
            return keys.required("config", LDAP.schema, hint: "write config: {host: …, userSearch: {…}}").map(Kind.ldap)
        case .oidc:
            return keys.required("config", OIDC.schema, hint: "write config: {issuer: …, clientID: …, clientSecret: …}").map(
                Kind.oidc)
        case .oauth: return provider(keys, OAuth.schema, Provider.oauth)
        case .github: return provider(keys, GitHub.schema, Provider.github)
        case .gitlab: return provider(keys, GitLab.schema, Provider.gitlab)
        case .gitea: return provider(keys, Gitea.schema, Provider.gitea)
        case .google: return provider(keys, Google.schema, Provider.google)
        case .microsoft: return provider(keys, Microsoft.schema, Provider.microsoft)
        case .linkedin: return provider(keys, LinkedIn.schema, Provider.linkedin)
        case .bitbucketCloud: return provider(keys, BitbucketCloud.schema, Provider.bitbucketCloud)
        case .openshift: return provider(keys, OpenShift.schema, Provider.openshift)
        case .atlassianCrowd: return provider(keys, AtlassianCrowd.schema, Provider.atlassianCrowd)
        case .keystone: return provider(keys, Keystone.schema, Provider.keystone)
        case nil:
            _ = keys("config", .anything)
            return nil
        }
    }

    private static func provider<Settings>(
        _ keys: Keys, _ schema: Schema<Settings>, _ make: (Settings) -> Provider
    ) -> Kind? {
        keys.required("config", schema.expandingEnvironment(), hint: "see docs/connectors").map { .provider(make($0)) }
    }

    private static var mockPassword: Schema<Kind> {
        Schema<Kind>.mapping { keys in
            let username = keys.required("username", .text)
            let password = keys.required("password", .secret)
            guard let username, let password else { return nil }
            return .mockPassword(username: username, password: password)
        }.expandingEnvironment()
    }
}

extension Schema where Value: CaseIterable & RawRepresentable<String> {
    /// Like ``word(_:_:)``, and knows that `local` is switched on elsewhere.
    fileprivate static func connectorType(_ type: Value.Type) -> Schema {
        Schema { place, loading in
            guard place.string != "local" else {
                loading.problem("the connector local is not written here", hint: "write enablePasswordDB: true", at: place)
                return nil
            }
            return Schema.word("connector type", type).read(place, loading)
        }
    }
}
