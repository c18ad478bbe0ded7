import Bytes
import DexConfiguration
import Testing

@Suite struct `Connectors of other people's services` {
    private static let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"

    /// A connector of a type with some settings, in the file of the other tests; its `config` begins in line 7.
    private static func yaml(_ type: String, _ settings: String) -> String {
        """
        \(minimal)connectors:
        - {type: \(type), id: x, name: X, config: {
          \(settings)}}

        """
    }

    private static let application =
        "clientID: a, clientSecret: b, redirectURI: https://sso.example.com/dex/callback"

    private func provider(
        _ type: String, _ settings: String, environment: [ExactText: String] = [:], files: [String: String] = [:]
    ) throws -> Configuration.Connector.Provider {
        let result = try load(Self.yaml(type, settings), environment: environment, files: files)
        guard case .provider(let provider)? = result.configuration.connectors.first?.kind else { throw Unexpected() }
        return provider
    }

    private struct Unexpected: Error {}

    @Test(arguments: [
        ("github", application), ("gitlab", application), ("gitea", application), ("google", application),
        ("microsoft", application), ("linkedin", application), ("bitbucket-cloud", application),
        ("openshift", application + ", issuer: 'https://api.example.com:6443'"),
        (
            "oauth",
            application + ", tokenURL: 'https://e/t', authorizationURL: 'https://e/a?x=1', userInfoURL: 'https://e/u'"
        ),
        ("atlassian-crowd", "clientID: a, clientSecret: b, baseURL: https://crowd.example.com"),
        ("keystone", "keystoneHost: 'https://k:5000', domain: default, keystoneUsername: a, keystonePassword: b"),
    ])
    func `need few keys`(type: String, settings: String) throws {
        #expect(try provider(type, settings).typeName == type)
    }

    @Test func `have Dex's keys, and their defaults`() throws {
        guard case .github(let github) = try provider("github", Self.application) else { throw Unexpected() }
        #expect(github.organizations == [])
        #expect(github.teamNameField == .name)
        guard
            case .github(let server) = try provider(
                "github",
                Self.application + """
                    , hostName: 'git.corp:8443', rootCA: /ca.pem, orgs: [{name: acme, teams: [a]}], teamNameField: both,
                      loadAllGroups: true, useLoginAsID: true, preferredEmailDomain: '*.corp'
                    """, files: ["/ca.pem": Self.pem])
        else { throw Unexpected() }
        #expect(server.hostName == "git.corp:8443")
        #expect(server.trust.rootCAs == [Self.pem])
        #expect(server.organizations.first?.teams == ["a"])
        guard
            case .microsoft(let microsoft) = try provider(
                "microsoft",
                "clientID: a, redirectURI: 'https://sso.example.com/dex/callback', clientAssertion: /a.jwt, batchGroupLookups: true"
            )
        else { throw Unexpected() }
        #expect(microsoft.tenant == "common")
        #expect(microsoft.scopes == ["user.read"])
        #expect(microsoft.groupNameFormat == .name)
        guard
            case .google(let google) = try provider(
                "google", Self.application + ", serviceAccountFilePath: /sa.json, adminEmail: a@e")
        else { throw Unexpected() }
        #expect(google.domainToAdminEmail == ["*": "a@e"])
        #expect(google.promptType == "consent")
        guard
            case .google(let byDefault) = try provider(
                "google", Self.application + ", groups: [a@e], domainToAdminEmail: {'*': a@e}")
        else { throw Unexpected() }
        #expect(byDefault.serviceAccountFilePath == nil && byDefault.domainToAdminEmail == ["*": "a@e"])
        guard case .gitlab(let gitlab) = try provider("gitlab", Self.application + ", baseURL: 'https://git.corp/'") else {
            throw Unexpected()
        }
        #expect(gitlab.baseURL == "https://git.corp")
    }

    @Test func `take secrets from variables and files`() throws {
        let callback = "clientID: $ID, redirectURI: 'https://sso.example.com/dex/callback'"
        let cases: [(String, [ExactText: String], [String: String])] = [
            (callback + ", clientSecret: $SECRET", ["ID": "a", "SECRET": "s"], [:]),
            (callback + ", clientSecretEnv: SECRET", ["ID": "a", "SECRET": "s"], [:]),
            (callback + ", clientSecretFile: /s", ["ID": "a"], ["/s": "s\n"]),
        ]
        for (settings, environment, files) in cases {
            guard case .gitea(let gitea) = try provider("gitea", settings, environment: environment, files: files) else {
                throw Unexpected()
            }
            #expect(gitea.application.clientSecret.text == "s")
            #expect(gitea.application.clientID == "a")
        }
    }

    @Test(arguments: [
        ("github", "", "config.clientID: missing"),
        ("github", "", "config.clientSecret: missing"),
        ("github", "clientID: a, clientSecret: b", "config.redirectURI: missing"),
        (
            "github", "clientID: a, clientSecret: b, redirectURI: 'https://sso.example.com/callback'",
            "write https://sso.example.com/dex/callback"
        ),
        ("keystone", "", "config.keystoneHost: missing"),
        ("oauth", application, "config.tokenURL: missing"),
        ("oauth", application + ", tokenURL: e/t", "must be an http or https URL"),
        ("oauth", application + ", tokenURL: 'https://u:p@e/t'", "cannot hold a user or a password"),
        ("oauth", application + ", pkceChallenge: S384", "unknown PKCE method"),
        ("github", application + ", hostName: 'https://git.corp'", "a host name has no slash"),
        ("github", application + ", rootCA: /ca.pem, hostName: g", "cannot be read"),
        ("github", application + ", rootCAs: ['\(pem.replacing("\n", with: " "))']", "only for an Enterprise Server"),
        ("github", application + ", org: a, orgs: [{name: b}]", "given twice"),
        ("github", application + ", teamNameField: id", "unknown name of a team"),
        ("github", application + ", preferredEmailDomain: 'example.*'", "a domain cannot end in *"),
        ("github", application + ", teams: [a]", "unknown key"),
        ("gitea", application + ", orgs: [{teams: [a]}]", "orgs[0].name: missing"),
        ("gitlab", application + ", baseURL: 'https://git.corp?x=1'", "must not have a query"),
        ("google", application + ", serviceAccountFilePath: /a", "domainToAdminEmail is missing"),
        ("google", application + ", groups: [a@e]", "anybody could log in"),
        ("microsoft", application + ", groups: [a]", "anybody could log in"),
        ("microsoft", application + ", tenant: 'a/b'", "is not a tenant"),
        ("microsoft", application + ", groupNameFormat: mail", "unknown format"),
        ("openshift", application, "config.issuer: missing"),
        ("atlassian-crowd", "clientID: a, clientSecret: b", "config.baseURL: missing"),
        ("atlassian-crowd", "clientID: a, clientSecret: b, baseURL: 'https://c', preferredUsernameField: uid", "unknown field"),
    ])
    func `say what is wrong with them`(type: String, settings: String, said: String) {
        let found = problems(Self.yaml(type, settings))
        #expect(found.contains { $0.contains(said) }, "\(found)")
    }

    @Test func `that have no passwords cannot serve the password grant, and those that have can`() {
        let grant = "oauth2: {passwordConnector: x}\n"
        let github = problems(Self.yaml("github", Self.application) + grant)
        #expect(github.contains { $0.contains("has no passwords") })
        let keystone = "keystoneHost: 'https://k:5000', domain: default, keystoneUsername: a, keystonePassword: b"
        #expect(problems(Self.yaml("keystone", keystone) + grant) == [])
    }

    @Test func `warn about what anybody could read or pretend`() throws {
        let settings =
            Self.application
            + ", tokenURL: 'http://e/t', authorizationURL: 'https://e/a', userInfoURL: 'https://e/u', insecureSkipVerify: true"
        let warnings = try load(Self.yaml("oauth", settings)).warnings.map(\.description)
        #expect(warnings.contains { $0.contains("for everybody to read") })
        #expect(warnings.contains { $0.contains("anybody can pretend") })
    }
}
