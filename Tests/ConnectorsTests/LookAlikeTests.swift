import Directory
import Foundation
import JOSE
import Kerberos
import OpenIDConnect
import Passwords
import Persistence
import Testing
import Upstream
import Workers

@testable import Connectors

private struct Silence: EventLog {
    func record(_ event: ProviderEvent) {}
}

@Suite struct `Names that look alike are different names` {
    @Test(arguments: lookAlikes)
    func `for groups that are allowed at an OpenID provider`(_ ours: String, _ theirs: String) throws {
        var rules = OIDCClaimRules()
        rules.takesGroups = true
        rules.allowedGroups = [ours]
        func groups(_ group: String) throws -> [String] {
            try rules.identity([
                "sub": "1", "name": "J", "email": "j@e", "email_verified": true, "groups": ["staff", .string(group)],
            ]).groups
        }
        #expect(try groups(ours).areExactly([ours]))
        #expect(throws: ConnectorError.denied(.notAMember, "not in any of allowedGroups")) { try groups(theirs) }
    }

    @Test(arguments: lookAlikes)
    func `for groups that a service requires`(_ ours: String, _ theirs: String) throws {
        #expect([theirs].only([ours]).isEmpty)
        #expect([ours, theirs, ours].once().areExactly([ours, theirs]))
        #expect([theirs, ours].only([ours]).areExactly([ours]))
    }

    @Test(arguments: [
        (":", "ops:\u{301}prod"), (":", "o::p:"), (";", "a;\u{338}b"), ("/", "a/\u{301}/b"), ("ab", "aabb"),
        ("--", "---\u{301}-x"),
        ("K", "K\u{301}x"),
    ])
    func `for the delimiter of a group that is made of claims, which nobody can put into one`(
        _ delimiter: String, _ claim: String
    ) throws {
        var rules = OIDCClaimRules()
        rules.groups.made = [.init(claims: ["role", "team"], delimiter: delimiter, prefix: "p", clearsDelimiter: true)]
        let found = try rules.identity([
            "sub": "1", "name": "J", "email": "j@e", "email_verified": true, "role": .string(claim), "team": "t",
        ]).groups
        let bytes = Array(try #require(found.first).utf8)
        let mark = Array(delimiter.utf8)
        let places = bytes.indices.count { bytes[$0...].starts(with: mark) }
        #expect(places == 2, "\(found)")
    }

    @Test func `for a look-alike of a delimiter, which is left alone`() throws {
        var rules = OIDCClaimRules()
        rules.groups.made = [.init(claims: ["role"], delimiter: "K", prefix: "p", clearsDelimiter: true)]
        let found = try rules.identity([
            "sub": "1", "name": "J", "email": "j@e", "email_verified": true, "role": "x\u{212A}y",
        ]).groups
        #expect(found.areExactly(["pKx\u{212A}y"]))
    }

    @Test(arguments: [
        ("https://K.example", "https://\u{212A}.example"), ("https://a.example/x;y", "https://a.example/x\u{37E}y"),
    ])
    func `for the issuer that an answer names`(_ ours: String, _ theirs: String) async throws {
        let service = FakeService()
        service.on("POST https://a.example/token", ["access_token": "at", "id_token": "x"])
        let connector = OAuthConnector(testing: GoogleProvider(issuer: NamedIssuer(issuer: ours)), service)
        let visit = try await FakeBrowser.leave(connector)
        for (issuer, isRight) in [(ours, true), (theirs, false)] {
            let answer = FakeBrowser.answer(visit, [("code", "c"), ("state", "s"), ("iss", issuer)])
            let error = await failure { try await connector.identity(from: answer) }
            #expect((error == nil) == isRight, "\(issuer)")
        }
    }

    @Test func `for people with passwords here`() async throws {
        let store = try SQLiteStore(location: .memory)
        func user(_ email: String, _ id: String) throws -> User {
            let hash = try Bcrypt.hash(Array("secret".utf8), cost: 4, salt: SystemRandom().bytes(16))
            return User(email: email, passwordHash: hash, username: "u", userID: id, createdAt: Date(), updatedAt: Date())
        }
        try await store.insert(try user("kim@example.com", "stored"))
        let connector = LocalConnector(
            static: [try user("jack@example.com", "jack"), try user("ann;x@example.com", "ann")], store: store,
            hasher: PasswordHasher(pool: WorkerPool(name: "passwords", threads: 1, queueLimit: 8)), cost: nil,
            clock: SystemClock(),
            random: SystemRandom(), log: Silence())
        func logIn(_ name: String) async throws -> String? {
            try await connector.authenticate(username: name, password: "secret", scopes: [])?.identity.userID
        }
        #expect(try await logIn("JACK@Example.COM") == "jack")
        #expect(try await logIn("KIM@example.com") == "stored")
        for name in ["jac\u{212A}@example.com", "\u{212A}im@example.com", "ann\u{37E}x@example.com", "jack@example.com\u{301}"] {
            #expect(try await logIn(name) == nil, "\(name)")
        }
    }

    @Test func `for a mock's password`() async throws {
        let mock = MockPasswordConnector(username: "Kim", password: "a;b")
        #expect(try await mock.authenticate(username: "Kim", password: "a;b", scopes: []) != nil)
        #expect(try await mock.authenticate(username: "\u{212A}im", password: "a;b", scopes: []) == nil)
        #expect(try await mock.authenticate(username: "Kim", password: "a\u{37E}b", scopes: []) == nil)
    }

    @Test(
        arguments: [
            ("a,b", ["a", "b"]), ("a,\u{301}b", ["a", "\u{301}b"]), ("a\u{FF0C}b", ["a\u{FF0C}b"]),
            (" a , b\u{A0},", ["a", "b\u{A0}"]),
        ] as [(String, [String])])
    func `for the groups that a proxy sends`(_ text: String, _ groups: [String]) async throws {
        let connector = AuthProxyConnector(
            id: "p",
            headers: .init(userID: "I", user: "X-Remote-User-Key", userName: "N", email: "E", groups: "G", groupSeparator: ","),
            staticGroups: [], isTrusted: { _ in true })
        func identity(_ headers: [(name: String, value: String)]) async throws(ConnectorError) -> Identity {
            try await connector.identity(
                from: ConnectorAnswer(
                    parameters: RequestParameters([]), callbackURL: "https://a/callback", scopes: [],
                    sender: .init(address: "10.0.0.1", headers: headers))
            ).identity
        }
        #expect(try await identity([("x-remote-user-key", "jane"), ("g", text)]).groups.areExactly(groups))
        await #expect(throws: ConnectorError.self) { try await identity([("x-remote-user-\u{212A}ey", "jane")]) }
    }

    @Test func `for attributes and groups of a directory`() async throws {
        let entry = Entry(
            dn: "uid=j", attributes: [.init(name: "\u{212A}ey", values: [[1]]), .init(name: "kind", values: [Array("x".utf8)])])
        #expect(entry.values("Key").isEmpty && entry.values("KIND") == [Array("x".utf8)])
        #expect(entry.values("DN") == [Array("uid=j".utf8)])
        // Active Directory's numbers, under a name that is another one.
        let disabled = Entry(dn: "uid=j", attributes: [.init(name: "nsAccountLoc\u{212A}", values: [Array("true".utf8)])])
        #expect(AccountState(disabled).denial(at: Date()) == nil)
    }

    @Test(
        arguments: [
            ("KRB.ORG", "krb.org", true), ("KRB.ORG", "\u{212A}RB.ORG", false), ("krb.org", "\u{212A}rb.org", false),
            ("A\u{301}.ORG", "\u{C1}.ORG", false), ("\u{C4}.ORG", "\u{E4}.org", false),
        ])
    func `for realms`(_ expected: String, _ realm: String, _ isSame: Bool) {
        let kerberos = LDAPKerberos(acceptor: NoAcceptor(), realm: expected, username: .localPart, fallsBack: false)
        let service = Principal(name: "HTTP/x", realm: "X")
        #expect((kerberos.name(of: Ticket(client: Principal(name: "j", realm: realm), service: service)) != nil) == isSame)
    }

    @Test func `for teams of an organization at GitHub, and for domains of e-mail addresses there`() async throws {
        let api = "https://api.github.com"
        let service = FakeService()
        service.on("POST https://github.com/login/oauth/access_token", ["access_token": "gho-1"])
        service.on("GET \(api)/user", ["id": 7, "login": "jane", "name": "J", "email": ""])
        service.on(
            "GET \(api)/user/emails",
            [
                ["email": "j@\u{212A}.example", "verified": true, "primary": false],
                ["email": "j@primary.example", "verified": true, "primary": true],
            ])
        service.on(
            "GET \(api)/user/teams",
            [
                ["name": "Ops", "slug": "ops", "organization": ["login": "\u{212A}ube"]],
                ["name": "\u{212A}", "slug": "k", "organization": ["login": "Kube"]],
            ])
        service.on("GET \(api)/orgs/Kube/members/jane") { _ in UpstreamResponse(status: 204) }
        var provider = GitHubProvider()
        provider.organizations = [Organization(name: "Kube", teams: ["Ops", "K"])]
        provider.preferredEmailDomain = "K.example"
        let connector = OAuthConnector(testing: provider, service)
        #expect(await failure { try await FakeBrowser.logIn(connector) }?.kind == "notAMember")
        provider.organizations = [Organization(name: "Kube")]
        let found = try await FakeBrowser.logIn(OAuthConnector(testing: provider, service)).identity
        #expect(found.email == "j@primary.example")
        #expect(found.groups.areExactly(["Kube:\u{212A}"]))
    }

    @Test func `for a secret that must not get into the log, whatever follows it`() {
        let failure = UpstreamFailure(service: "S", purpose: .signIn, secrets: ["to;ken"])
        #expect(failure.clean("a to;ken\u{301} b") == "a ***\u{301} b")
        #expect(failure.place("https://a.example/x?\u{301}code=1") == "https://a.example/x")
    }

    @Test func `for sessions that a SAML logout ends`() {
        let data = Array(#"{"SessionIndex":"K1"}"#.utf8)
        #expect(SAMLLogoutMemory.covers(data, sessions: ["K1"]))
        #expect(!SAMLLogoutMemory.covers(data, sessions: ["\u{212A}1"]))
    }
}

private struct NoAcceptor: TicketAcceptor {
    func accept(_ token: [UInt8]) async throws(TicketFailure) -> Ticket { throw .overloaded }
}

private struct NamedIssuer: TokenIssuing {
    let issuer: String

    func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        OAuthEndpoints(
            authorization: "https://a.example/auth", token: "https://a.example/token", placement: .form, challenge: .sha256,
            issuer: issuer)
    }

    func claims(of idToken: String, nonce: String?) async throws(ConnectorError) -> JSONObject {
        ["sub": "1", "name": "J", "email": "j@e", "email_verified": true]
    }
}
