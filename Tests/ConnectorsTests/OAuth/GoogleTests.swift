import Bytes
import Foundation
import JOSE
import OpenIDConnect
import Synchronization
import Testing
import Upstream

@testable import Connectors

@Suite struct `People of Google` {
    private let service = FakeService()
    private let key: SigningKey
    private let account: ServiceAccount
    private let clock = MovingClock()

    init() throws {
        let rsa = try PrivateKey.generate(.rsa(bits: 2048))
        key = try SigningKey(keyID: "g-1", algorithm: .RS256, key: rsa)
        let file: JSON = [
            "type": "service_account", "client_email": "robot@project.example", "private_key_id": "robot-1",
            "private_key": .string(try rsa.pem()), "token_uri": "https://oauth2.example/token",
        ]
        account = try ServiceAccount(json: String(decoding: file.serialized(), as: UTF8.self))
        service.on(
            "GET https://accounts.google.com/.well-known/openid-configuration",
            [
                "issuer": "https://accounts.google.com", "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
                "token_endpoint": "https://oauth2.googleapis.com/token", "jwks_uri": "https://www.googleapis.com/certs",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            ])
        service.on("GET https://www.googleapis.com/certs", ["keys": [key.jwk.json]])
        service.on("POST https://oauth2.example/token", ["access_token": "directory-token", "expires_in": 3599])
        let directory = "GET https://admin.googleapis.com/admin/directory/v1/groups?userKey="
        service.on(directory, [:])
        service.on(
            directory + "jane%40example.com",
            ["groups": [["email": "dev@example.com"]], "nextPageToken": "p+2"])
        service.on(
            directory + "jane%40example.com&pageToken=p%2B2",
            ["groups": [["email": "all@example.com"], ["email": "dev@example.com"]]])
        service.on(directory + "dev%40example.com", ["groups": [["email": "top@example.com"], ["email": "all@example.com"]]])
        service.on(directory + "top%40example.com", ["groups": [["email": "dev@example.com"]]])
    }

    private func connector(_ change: (inout GoogleProvider) -> Void = { _ in }) -> OAuthConnector<GoogleProvider> {
        let remote = RemoteProvider(issuer: "https://accounts.google.com", http: service, now: { [clock] in clock.now })
        var provider = GoogleProvider(
            issuer: OpenIDIssuer(remote, clientID: "app", otherName: "accounts.google.com"))
        change(&provider)
        return OAuthConnector(testing: provider, service, clock: clock)
    }

    private func directory(_ administrators: [ExactText: String] = ["*": "admin@example.com"]) -> GoogleDirectory {
        GoogleDirectory(
            administrators: administrators, baseURL: "https://admin.googleapis.com", exchange: service, clock: clock
        ) { [account] () async throws(ConnectorError) in account }
    }

    /// Signs in, with an ID token that is right but for the changes.
    private func logIn(
        _ connector: OAuthConnector<GoogleProvider>, scopes: [String] = ["openid"], claims changes: JSONObject = [:]
    ) async throws -> ConnectorIdentity {
        let visit = try await FakeBrowser.leave(connector, scopes: scopes)
        try give(nonce: visit.query["nonce"], changes)
        return try await connector.identity(from: FakeBrowser.answer(visit, scopes: scopes))
    }

    private func give(nonce: String?, _ changes: JSONObject = [:]) throws {
        let now = Int64(clock.now.timeIntervalSince1970)
        var claims: JSONObject = [
            "iss": "https://accounts.google.com", "aud": "app", "sub": "1017", "iat": .integer(now), "exp": .integer(now + 3600),
            "name": "Jane Doe", "email": "jane@example.com", "email_verified": true, "hd": "example.com",
        ]
        claims["nonce"] = nonce.map { .string($0) }
        for (name, value) in changes.members { claims[name] = value }
        let token = try key.sign(claims: claims)
        service.on(
            "POST https://oauth2.googleapis.com/token",
            ["access_token": "at-1", "refresh_token": "1//rt", "id_token": .string(token)])
    }

    @Test func `are who Dex says they are`() async throws {
        let found = try await logIn(connector(), scopes: ["offline_access"])
        #expect(
            found.identity == Identity(userID: "1017", username: "Jane Doe", email: "jane@example.com", emailVerified: true))
        #expect(found.connectorData == Array("1//rt".utf8))
        #expect(try await logIn(connector(), claims: ["iss": "accounts.google.com"]).identity.userID == "1017")
    }

    @Test func `are sent with hints of their domain, and asked for consent where a refresh token is wanted`() async throws {
        let one = try await FakeBrowser.leave(connector { $0.hostedDomains = ["example.com"] }, scopes: ["offline_access"])
        #expect(one.query["hd"] == "example.com")
        #expect(one.query["access_type"] == "offline")
        #expect(one.query["prompt"] == "consent")
        #expect(one.query["scope"] == "openid profile email")
        let two = try await FakeBrowser.leave(connector { $0.hostedDomains = ["example.com", "example.org"] })
        #expect(two.query["hd"] == "*")
        #expect(two.query["prompt"] == nil)
    }

    @Test(
        arguments: [
            ["aud": "another"], ["iss": "https://evil.example"], ["exp": 1], ["nonce": "another"], ["nonce": .null],
        ] as [JSONObject])
    func `are not believed with another ID token`(changes: JSONObject) async throws {
        #expect(await failure { try await logIn(connector(), claims: changes) }?.kind == "refused")
    }

    @Test func `who come back with an answer of another issuer are refused`() async throws {
        let connector = connector()
        let visit = try await FakeBrowser.leave(connector)
        try give(nonce: visit.query["nonce"])
        let answer = FakeBrowser.answer(visit, [("code", "the-code"), ("iss", "https://evil.example")])
        #expect(await failure { try await connector.identity(from: answer) }?.kind == "refused")
        #expect(service.requests(to: "https://oauth2.googleapis.com").isEmpty)
    }

    @Test func `of other domains stay outside`() async throws {
        let connector = connector { $0.hostedDomains = ["example.com"] }
        #expect(try await logIn(connector).identity.userID == "1017")
        for domain in [.string("example.org"), .null, .string("")] as [JSON] {
            #expect(await failure { try await logIn(connector, claims: ["hd": domain]) }?.kind == "notAMember")
        }
    }

    @Test func `have the groups of the directory`() async throws {
        let direct = connector { $0.directory = directory() }
        #expect(try await logIn(direct, scopes: ["groups"]).identity.groups == ["dev@example.com", "all@example.com"])
        #expect(try await logIn(direct).identity.groups == [])
        let transitive = connector {
            $0.directory = directory()
            $0.fetchesTransitively = true
        }
        #expect(
            try await logIn(transitive, scopes: ["groups"]).identity.groups
                == ["dev@example.com", "top@example.com", "all@example.com"])
        #expect(try await logIn(connector(), scopes: ["groups"]).identity.groups == [])
    }

    @Test func `need a required group even where the client does not ask for groups`() async throws {
        let inside = connector {
            $0.directory = directory()
            $0.groups = ["all@example.com"]
        }
        #expect(try await logIn(inside).identity.groups == ["all@example.com"])
        let outside = connector {
            $0.directory = directory()
            $0.groups = ["none@example.com"]
        }
        #expect(await failure { try await logIn(outside) }?.kind == "notAMember")
        let blind = connector { $0.groups = ["all@example.com"] }
        #expect(await failure { try await logIn(blind) }?.kind == "unavailable")
    }

    private static let metadata = "GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/"
    private static let signing =
        "POST https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot%40project.example:signJwt"

    private func onMachine(flavor: [(String, String)] = [("Metadata-Flavor", "Google")]) -> OAuthConnector<GoogleProvider> {
        service.on(Self.metadata + "email") { _ in
            UpstreamResponse(
                status: 200, headers: flavor.map { .init($0.0, $0.1) }, body: Array("robot@project.example\n".utf8))
        }
        service.on(
            Self.metadata + "token", ["access_token": "machine-token", "expires_in": 3599, "token_type": "Bearer"],
            headers: flavor)
        service.on(Self.signing, ["keyId": "g-9", "signedJwt": "signed.by.google"])
        service.on("POST https://oauth2.googleapis.com/token", ["access_token": "directory-token", "expires_in": 3599])
        let directory = GoogleDirectory(
            administrators: ["*": "admin@example.com"], baseURL: "https://admin.googleapis.com", exchange: service, clock: clock
        ) { [service] () async throws(ConnectorError) in
            try await MachineAccount(host: "metadata.google.internal", metadata: service, exchange: service)
        }
        return connector { $0.directory = directory }
    }

    /// Google's answer to the code and that to the statement come from one address: the one about the directory first.
    private func groups(_ directory: OAuthConnector<GoogleProvider>) async throws(ConnectorError) -> [String] {
        guard let directory = directory.provider.directory else { return [] }
        return try await directory.groups(of: "jane@example.com", transitively: false)
    }

    @Test func `are looked up by the account of a machine of Google, whose key never leaves Google`() async throws {
        #expect(try await groups(onMachine()) == ["dev@example.com", "all@example.com"])
        #expect(service.requests(to: "http://metadata").allSatisfy { $0[header: "Metadata-Flavor"] == "Google" })
        let asked = try #require(service.requests(to: "https://iamcredentials").first)
        #expect(asked[header: "Authorization"] == "Bearer machine-token")
        let claims = try JSON(parsing: Array(try #require(asked.json?["payload"]?.string).utf8))
        #expect(claims["iss"] == "robot@project.example" && claims["sub"] == "admin@example.com")
        #expect(claims["aud"] == "https://oauth2.googleapis.com/token")
        let exchanged = try #require(service.requests(to: "https://oauth2.googleapis.com").first)
        #expect(exchanged.formFields["assertion"] == "signed.by.google")
        #expect(service.requests(to: "https://admin").first?[header: "Authorization"] == "Bearer directory-token")
    }

    @Test func `stay logged in while the account of a machine may not sign, and the log says what is missing`() async throws {
        let machine = onMachine()
        service.on(
            Self.signing,
            ["error": ["code": 403, "message": "Permission iam.serviceAccounts.signJwt denied", "status": "PERMISSION_DENIED"]],
            status: 403)
        let error = await failure { try await groups(machine) }
        #expect(error?.kind == "unavailable")
        #expect(error?.text.contains("robot@project.example must let sign") == true)
        #expect(
            error?.text.contains("iam.serviceAccounts.signJwt denied") == true && error?.text.contains("machine-token") == false)
    }

    @Test func `are not looked up by whatever else answers in place of a metadata server`() async {
        for flavor in [[], [("Metadata-Flavor", "Other")]] {
            #expect(await failure { try await groups(onMachine(flavor: flavor)) }?.kind == "unavailable")
        }
        #expect(service.requests(to: "https://iamcredentials").isEmpty)
    }

    @Test func `are looked up by a service account in the name of their domain's administrator`() async throws {
        let connector = connector { $0.directory = directory(["example.com": "boss@example.com", "*": "other@example.org"]) }
        _ = try await logIn(connector, scopes: ["groups"])
        _ = try await logIn(connector, scopes: ["groups"])
        let asked = service.requests(to: "https://oauth2.example/token")
        #expect(asked.count == 1)
        #expect(asked.first?.formFields["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let assertion = try #require(asked.first?.formFields["assertion"])
        let verified = try JWS.verify(assertion, keys: [account.key.verificationKey], algorithms: [.RS256])
        let claims = try JSON(parsing: verified.payload)
        #expect(claims["iss"] == "robot@project.example")
        #expect(claims["sub"] == "boss@example.com")
        #expect(claims["aud"] == "https://oauth2.example/token")
        #expect(claims["scope"] == "https://www.googleapis.com/auth/admin.directory.group.readonly")
        #expect(service.requests(to: "https://admin.googleapis.com").first?[header: "Authorization"] == "Bearer directory-token")
        clock.advance(3600)
        _ = try await logIn(connector, scopes: ["groups"])
        #expect(service.requests(to: "https://oauth2.example/token").count == 2)
    }

    @Test func `are not held guilty when the service account may not look them up`() async throws {
        let connector = connector { $0.directory = directory() }
        service.on("GET https://admin.googleapis.com/", ["error": ["code": 403, "message": "Not Authorized"]], status: 403)
        service.on(
            "GET https://admin.googleapis.com/admin/directory/v1/groups?userKey=jane%40example.com",
            ["error": ["code": 403, "message": "Not Authorized"]], status: 403)
        let error = await failure { try await logIn(connector, scopes: ["groups"]) }
        #expect(error?.kind == "unavailable")
        #expect(error?.text.contains("Not Authorized") == true)
    }

    @Test func `keep their name at a refresh that leaves it out, and their identity`() async throws {
        let connector = connector()
        let first = try await logIn(connector, scopes: ["offline_access"])
        try give(nonce: nil, ["name": .null])
        let again = try await connector.refresh(first.identity, connectorData: first.connectorData, scopes: [])
        #expect(again.identity == first.identity)
        #expect(service.requests.last { $0.method == .post }?.formFields["refresh_token"] == "1//rt")
        try give(nonce: nil, ["sub": "1018"])
        #expect(
            await failure { try await connector.refresh(first.identity, connectorData: first.connectorData, scopes: []) }?.kind
                == "gone")
    }

    @Test(arguments: [
        "", "no json", #"{"type":"authorized_user"}"#, #"{"client_email":"a"}"#, #"{"client_email":"a","private_key":"b"}"#,
    ])
    func `are not looked up with a file that is no service account`(text: String) {
        #expect(throws: ServiceAccount.Failure.self) { try ServiceAccount(json: text) }
    }
}
