import Bytes
import Foundation
@testable import DexConfiguration
import Testing

@Suite("The examples in the repository")
struct ExampleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func example(_ name: String, environment: [ExactText: String] = [:]) throws -> LoadResult {
        let text = try String(contentsOf: Self.root.appending(path: "examples/\(name)"), encoding: .utf8)
        return try load(text, environment: environment)
    }

    @Test("dev.yaml is Dex's development setup")
    func dev() throws {
        let result = try example("dev.yaml")
        let configuration = result.configuration
        #expect(result.warnings.isEmpty)
        #expect(configuration.issuer.text == "http://127.0.0.1:5556/dex")
        #expect(configuration.issuer.path == "/dex")
        #expect(configuration.storage == .sqlite3(file: "dextra.db"))
        #expect(configuration.web.http == ListenAddress(host: "127.0.0.1", port: 5556))
        #expect(configuration.connectors.map(\.kind) == [.mockCallback])
        #expect(configuration.staticPasswords.map(\.email) == ["admin@example.com"])
        #expect(configuration.staticClients.map(\.secret?.text) == ["ZXhhbXBsZS1hcHAtc2VjcmV0"])
        #expect(configuration.staticClients.first?.redirectURIs == ["http://127.0.0.1:5555/callback"])
    }

    @Test("dex-full.yaml loads without a warning")
    func top() throws {
        let result = try full()
        #expect(result.warnings.isEmpty)
        let configuration = result.configuration
        #expect(configuration.issuer.origin == "https://sso.example.com")
        #expect(configuration.storage == .sqlite3(file: "/var/lib/dextra/dextra.db"))
        #expect(configuration.passwords.bcryptCost == 12)
        #expect(configuration.telemetry.http == ListenAddress(host: "0.0.0.0", port: 5558))
        #expect(configuration.enablePasswordDB)
        #expect(configuration.signer == .local(Configuration.Signer.Local(rotationPeriod: .seconds(6 * 3600), algorithm: .RS256)))
    }

    @Test("the web section of dex-full.yaml arrives")
    func web() throws {
        let web = try full().configuration.web
        #expect(web.http == ListenAddress(host: "0.0.0.0", port: 5556))
        #expect(web.https == ListenAddress(host: "::", port: 5554))
        #expect(
            web.tls
                == Configuration.TLSFiles(
                    certificate: "/etc/dextra/tls.crt", key: "/etc/dextra/tls.key", minVersion: .v1_2, maxVersion: .v1_3))
        #expect(
            web.headers.map(\.name) == [
                "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection",
                "Strict-Transport-Security",
            ])
        #expect(web.headers.map(\.value)[3] == "1; mode=block")
        #expect(web.allowedOrigins == ["https://app.example.com"])
        #expect(web.allowedHeaders == ["Authorization", "X-Requested-With"])
        #expect(web.clientRemoteIP.header == "X-Forwarded-For")
        #expect(web.clientRemoteIP.trustedProxies.map(\.text) == ["10.0.0.0/8", "fd00::/8"])
        #expect(web.limits == Configuration.Web.Limits())
    }

    @Test("the flows, lifetimes, logger and pages of dex-full.yaml arrive")
    func flows() throws {
        let configuration = try full().configuration
        let oauth2 = configuration.oauth2
        #expect(oauth2.grantTypes == [.authorizationCode, .refreshToken, .implicit, .password])
        #expect(oauth2.responseTypes == [.code, .token, .idToken])
        #expect(oauth2.skipApprovalScreen)
        #expect(!oauth2.alwaysShowLoginScreen)
        #expect(oauth2.passwordConnector == "local")
        #expect(oauth2.pkce.enforce == true)
        #expect(oauth2.pkce.codeChallengeMethods == [.S256, .plain])
        #expect(oauth2.accessTokenFormat == .jwt)
        let expiry = configuration.expiry
        #expect(expiry.idTokens == .seconds(86400))
        #expect(expiry.authorizationCodes == .seconds(60))
        #expect(expiry.refreshTokens.reuseInterval == .seconds(3))
        #expect(expiry.refreshTokens.validIfNotUsedFor == .seconds(2160 * 3600))
        #expect(expiry.refreshTokens.absoluteLifetime == .seconds(3960 * 3600))
        #expect(configuration.logger.format == .json)
        #expect(configuration.logger.excludeFields == ["client_remote_addr"])
        #expect(configuration.frontend.issuer == "Example")
        #expect(configuration.frontend.extra == ["helpdesk": "+49 30 1234567"])
    }

    @Test("the clients, connectors and users of dex-full.yaml arrive")
    func people() throws {
        let configuration = try full().configuration
        let clients = configuration.staticClients
        #expect(clients.map(\.id) == ["example-app", "command-line", "grafana", "batch"])
        #expect(clients.map(\.secret?.text) == ["ZXhhbXBsZS1hcHAtc2VjcmV0", nil, "g-secret", nil])
        #expect(clients.map(\.isPublic) == [false, true, false, false])
        #expect(clients[0].trustedPeers == ["command-line"])
        #expect(clients[0].allowedConnectors == ["local", "mock"])
        #expect(clients[3].tokenEndpointAuthMethod == .privateKeyJWT)
        #expect(
            clients[3].jwks
                == #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#)
        #expect(clients[3].userinfoSignedResponseAlg == .RS256)
        #expect(
            configuration.connectors.map(\.kind) == [
                .mockCallback, .mockPassword(username: "admin", password: Secret("m-secret")),
            ])
        #expect(configuration.connectors[1].grantTypes == [.authorizationCode, .refreshToken])
        let users = configuration.staticPasswords
        #expect(users[0].preferredUsername == "jane")
        #expect(users[0].groups == ["admins", "developers"])
        #expect(users.map(\.name) == ["Jane Admin", nil])
        #expect(users[1].hash.text.hasPrefix("$2b$12$"))
    }

    private func full() throws -> LoadResult {
        try example(
            "dex-full.yaml",
            environment: [
                "DEXTRA_DATA": "/var/lib/dextra", "GRAFANA_CLIENT_ID": "grafana", "GRAFANA_CLIENT_SECRET": "g-secret",
                "MOCK_PASSWORD": "m-secret", "USER_HASH": "$2b$12$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W",
            ])
    }
}
