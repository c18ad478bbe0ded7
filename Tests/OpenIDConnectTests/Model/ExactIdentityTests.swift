import Bytes
import Foundation
import JOSE
import Persistence
import Testing

@testable import OpenIDConnect

/// One comparison of an identity: is `presented` taken for `known`?
private struct Comparison: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let takes: @Sendable (_ known: String, _ presented: String) async throws -> Bool

    init(_ name: String, _ takes: @escaping @Sendable (_ known: String, _ presented: String) async throws -> Bool) {
        testDescription = name
        self.takes = takes
    }
}

/// Two texts that `String` takes for the same and that are not the same bytes.
private struct Pair: Sendable, CustomTestStringConvertible {
    let known: String
    let presented: String

    var testDescription: String { presented.unicodeScalars.map { "U+" + String($0.value, radix: 16) }.joined(separator: " ") }

    static let all = [
        Pair(known: "K", presented: "\u{212A}"), Pair(known: ";", presented: "\u{37E}"), Pair(known: "`", presented: "\u{1FEF}"),
        Pair(known: "\u{E9}", presented: "e\u{301}"), Pair(known: "e\u{301}", presented: "\u{E9}"),
        Pair(known: "\u{C5}", presented: "\u{212B}"), Pair(known: "\u{3A9}", presented: "\u{2126}"),
    ]
}

@Suite("Identities are bytes") struct ExactIdentityTests {
    private static func client(_ id: String = "app", _ change: (inout Client) -> Void = { _ in }) -> Client {
        var client = Client(
            id: id, secret: .plain(id + "-secret"), name: "", redirectURIs: [TestProvider.redirectURI])
        change(&client)
        return client
    }

    private static func isRefused(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch { return true }
    }

    private static let comparisons: [Comparison] = [
        Comparison("redirect_uri, registered") { known, presented in
            RedirectURIRule(client: client { $0.redirectURIs = ["https://app.example/" + known] }).accepts(
                "https://app.example/" + presented)
        },
        Comparison("redirect_uri, of a loopback address") { known, presented in
            RedirectURIRule(
                client: client {
                    $0.isPublic = true
                    $0.redirectURIs = ["http://127.0.0.1/" + known]
                }
            ).accepts("http://127.0.0.1:5/" + presented)
        },
        Comparison("redirect_uri, of a code") { known, presented in
            let uris = ["https://app.example/" + known, "https://app.example/" + presented]
            let provider = try await TestProvider(clients: [client { $0.redirectURIs = uris }])
            let parameters = RequestParameters(
                provider.authorization().pairs.map { ($0.name, $0.name == "redirect_uri" ? uris[0] : $0.value) })
            let code = try await provider.code(parameters)
            return await !isRefused { _ = try await provider.redeem(code, redirectURI: uris[1]) }
        },
        Comparison("post_logout_redirect_uri") { known, presented in
            let provider = try await TestProvider(
                clients: [client { $0.postLogoutRedirectURIs = ["https://app.example/" + known] }])
            let request = try await LogoutRequestValidator(parts: provider.parts).validate(
                RequestParameters([("client_id", "app"), ("post_logout_redirect_uri", "https://app.example/" + presented)]))
            return !request.isRefused
        },
        Comparison("client, of the configuration") { known, presented in
            let provider = try await TestProvider(clients: [client(known)])
            return try await provider.clients.client(id: presented) != nil
        },
        Comparison("client, of the store") { known, presented in
            let provider = try await TestProvider(clients: [])
            try await provider.store.insert(client(known))
            return try await provider.clients.client(id: presented) != nil
        },
        Comparison("client, of a code") { known, presented in
            let clients = [client(known), client(presented)]
            let provider = try await TestProvider(clients: clients)
            let code = try await provider.code(provider.authorization(client: clients[0]))
            return await !isRefused { _ = try await provider.redeem(code, client: clients[1]) }
        },
        Comparison("client, of a refresh token") { known, presented in
            let clients = [client(known), client(presented)]
            let provider = try await TestProvider(clients: clients)
            let token = try await provider.tokens(client: clients[0]).refreshToken
            return await !isRefused { _ = try await provider.refresh(token, client: clients[1]) }
        },
        Comparison("client, whose token is introspected") { known, presented in
            let clients = [client(known), client(presented)]
            let provider = try await TestProvider(clients: clients)
            let token = try await provider.tokens(client: clients[0])
            var isActive = false
            for text in [token.accessToken, token.refreshToken ?? ""] {
                let answer = try await Introspection(provider.parts).answer(
                    TokenRequest(
                        parameters: RequestParameters([("token", text)] + TestProvider.credentials(clients[1])),
                        authorization: nil))
                isActive = isActive || answer["active"] == true
            }
            return isActive
        },
        Comparison("client, whose token is revoked") { known, presented in
            let clients = [client(known), client(presented)]
            let provider = try await TestProvider(clients: clients)
            let token = try await provider.tokens(client: clients[0])
            for text in [token.accessToken, token.refreshToken ?? ""] {
                try await TokenRevocation(provider.parts).revoke(
                    TokenRequest(
                        parameters: RequestParameters([("token", text)] + TestProvider.credentials(clients[1])),
                        authorization: nil))
            }
            return await !provider.isAccepted(token.accessToken)
        },
        Comparison("client_id of the form, beside Basic") { known, presented in
            let basic = "Basic " + Base64.encode(Array("\(PercentEncoding.encode(known)):secret".utf8))
            return await !isRefused {
                _ = try ClientCredentials(
                    authorization: basic, parameters: RequestParameters([("client_id", presented), ("client_secret", "secret")]))
            }
        },
        Comparison("client secret, of the form beside Basic") { known, presented in
            let basic = "Basic " + Base64.encode(Array("app:\(PercentEncoding.encode(known))".utf8))
            return await !isRefused {
                _ = try ClientCredentials(
                    authorization: basic, parameters: RequestParameters([("client_id", "app"), ("client_secret", presented)]))
            }
        },
        Comparison("client secret") { known, presented in
            ClientSecret.plain(known) == .plain(presented) || ClientSecret.plain(known).matches(presented)
        },
        Comparison("issuer of a client's assertion") { known, presented in
            try await isAssertionAccepted(of: client(known), with: ["iss": .string(presented), "sub": .string(known)])
        },
        Comparison("subject of a client's assertion") { known, presented in
            try await isAssertionAccepted(of: client(known), with: ["iss": .string(known), "sub": .string(presented)])
        },
        Comparison("audience of a client's assertion") { known, presented in
            try await isAssertionAccepted(
                of: client(), issuer: "https://issuer.example/" + known,
                with: ["iss": "app", "sub": "app", "aud": .string("https://issuer.example/" + presented)])
        },
        Comparison("trusted peer") { known, presented in
            let provider = try await TestProvider(
                clients: [client("peer") { $0.trustedPeers = [known] }, client(presented), client(known)])
            return await !isRefused {
                try await ScopeRule(clients: provider.clients, events: provider.log).check(
                    ["audience:server:client_id:peer"], for: client(presented))
            }
        },
        Comparison("audience, of oneself") { known, presented in
            let provider = try await TestProvider(clients: [client(known)])
            return await !isRefused {
                try await ScopeRule(clients: provider.clients, events: provider.log).check(
                    ["audience:server:client_id:" + presented], for: client(known))
            }
        },
        Comparison("audience, that is there already") { known, presented in
            ScopeRule.audience(of: ["audience:server:client_id:" + known], clientID: presented).count == 1
        },
        Comparison("issuer of a token") { known, presented in
            let provider = try await TestProvider { $0.issuer = "https://issuer.example/" + known }
            let token = try await provider.tokens().accessToken
            let verifier = AccessTokenVerifier(
                issuer: "https://issuer.example/" + presented, ring: provider.parts.ring, revocations: provider.parts.revocations,
                clock: provider.clock)
            return await verifier.verify(token) != nil
        },
        Comparison("scope, narrowed at a refresh") { known, presented in
            let provider = try await TestProvider(clients: [client(known), client(presented)])
            let scopes = [known, presented].map { "audience:server:client_id:" + $0 }
            let code = try await provider.code(
                provider.authorization(client: client(known), scope: "openid offline_access " + scopes[0]))
            let token = try await provider.redeem(code, client: client(known)).refreshToken
            return await !isRefused { _ = try await provider.refresh(token, client: client(known), scope: scopes[1]) }
        },
        Comparison("scope, a word twice") { known, presented in
            RequestParameters([("scope", known + " " + presented)]).words("scope").count == 1
        },
        Comparison("parameter") { known, presented in
            let parameters = RequestParameters([(known, "1"), (presented, "2")])
            return parameters.repeatedName != nil || parameters[presented] == "1"
        },
        Comparison("connector of a client") { known, presented in
            client { $0.allowedConnectors = [known] }.allows(connector: presented)
        },
        Comparison("connector, by its id") { known, presented in
            ConnectorRegistry([.init(id: known, name: "", type: "", connector: TestConnector())])[presented] != nil
        },
        Comparison("connector of a sign-in") { known, presented in
            let provider = try await TestProvider()
            provider.parts.connectors.replace(
                [known, presented].map { .init(id: $0, name: "", type: "", connector: TestConnector()) })
            let flow = SignInFlow(provider.parts)
            let begun = await flow.begin(provider.authorization(), connectorID: known, browser: provider.browser)
            guard case .ask(.password, let state, _) = begun else { throw Unexpected(begun) }
            let outcome = await flow.submit(
                username: "jane", password: "right", connectorID: presented, state: state, browser: provider.browser)
            if case .answer = outcome.next { return true } else { return false }
        },
        Comparison("domain of an e-mail address") { known, presented in
            ConnectorRegistry.Entry(
                id: "", name: "", type: "", emailDomains: [known + "example.org"], connector: TestConnector()
            ).isHome(of: "jane@" + presented + "example.org")
        },
        Comparison("e-mail of a user") { known, presented in
            User.key(email: known + "@example.org").hasSameBytes(as: User.key(email: presented + "@example.org"))
        },
        Comparison("user id, of refresh tokens") { known, presented in
            let provider = try await TestProvider()
            provider.connector.change { $0.userID = known }
            _ = try await provider.tokens()
            return try await !provider.store.refreshGrants(userID: presented, connectorID: "local", clientID: nil).isEmpty
        },
        Comparison("user id, of the browser's logins") { known, presented in
            LogoutRequest.Person(userID: presented, connectorID: "c", grantID: nil).isOf(
                BrowserLogins.Entry(userID: known, connectorID: "c", clientIDs: [], logoutMemory: nil))
        },
        Comparison("subject that is asked for") { known, presented in
            let provider = try await TestProvider()
            provider.connector.change { $0.userID = known }
            let subject = Subject.make(userID: presented, connectorID: "local")
            let claims = JSON.object(["id_token": ["sub": ["value": .string(subject)]]]).serialized()
            let parameters = provider.authorization([("claims", String(decoding: claims, as: UTF8.self))])
            let outcome = await provider.submit(try await provider.begin(parameters))
            guard case .answer(let response) = outcome else { throw Unexpected(outcome) }
            return response["code"] != nil
        },
        Comparison("two subjects of a claims request") { known, presented in
            let claims = JSON.object([
                "id_token": ["sub": ["value": .string(known)]], "userinfo": ["sub": ["value": .string(presented)]],
            ]).serialized()
            return await !isRefused { _ = try ClaimsRequest(parsing: String(decoding: claims, as: UTF8.self)) }
        },
        Comparison("group that is kept") { known, presented in
            !IdentityMapping([.init(.groups, .keep([TextPattern(known + "8s-*")]))])
                .apply(to: person(groups: [presented + "8s-admins"])).groups.isEmpty
        },
        Comparison("group that is there twice") { known, presented in
            IdentityMapping([.init(.groups, .add([presented]))]).apply(to: person(groups: [known])).groups.count == 1
        },
        Comparison("lower case") { known, presented in
            func lowered(_ text: String) -> String {
                IdentityMapping([.init(.email, .lowercase)]).apply(to: person(email: text)).email
            }
            return lowered(known).hasSameBytes(as: lowered(presented))
        },
        Comparison("identity") { known, presented in
            person(groups: [known]) == person(groups: [presented]) || person(email: known) == person(email: presented)
                || client(known) == client(presented) || Set([person(email: known)]).contains(person(email: presented))
        },
        Comparison("code verifier") { known, presented in
            let filler = String(repeating: "a", count: 50)
            return CodeChallenge(filler + "K", method: .plain)?.accepts(verifier: filler + (known == "K" ? presented : known))
                ?? false
                || (known.isExactly(presented) && !known.isExactly("K"))
        },
        Comparison("token that is revoked") { known, presented in
            let list = RevocationList()
            list.add(id: known, until: .distantFuture)
            return list.contains(tokenID: presented) || list.contains(tokenID: presented + ".x")
        },
        Comparison("kid") { known, presented in
            let key = try PrivateKey.generate(.ec(.p256))
            let token = try SigningKey(keyID: presented, algorithm: .ES256, key: key).sign(payload: [])
            let other = VerificationKey(keyID: known, algorithms: [.ES256], material: .public(key.publicKey))
            return await !isRefused { _ = try JWS.verify(token, keys: [other], algorithms: [.ES256]) }
        },
        Comparison("JSON") { known, presented in
            JSON.string(known) == .string(presented) || JSON.array([.string(known)]) == [.string(presented)]
                || JSON.object([known: 1]) == .object([presented: 1])
                || JSON.object(["a": .string(known)]) == ["a": .string(presented)]
                || Set([JSON.string(known)]).contains(.string(presented))
                || JSON.object([known: 1]).hashValue == JSON.object([presented: 1]).hashValue
        },
    ]

    private static func person(email: String = "", groups: [String] = []) -> Identity {
        Identity(userID: "", username: "", email: email, emailVerified: false, groups: groups)
    }

    private static func isAssertionAccepted(
        of client: Client, issuer: String = TestProvider.issuer, with claims: JSONObject
    ) async throws -> Bool {
        let key = try PrivateKey.generate(.ec(.p256))
        var signed = client
        signed.keys = String(
            decoding: JWKSet([try SigningKey(algorithm: .ES256, key: key).jwk]).json.serialized(), as: UTF8.self)
        signed.authenticationMethod = .privateKeyJWT
        let provider = try await TestProvider(clients: [signed]) { $0.issuer = issuer }
        var all = claims
        all["aud"] = all["aud"] ?? .string(issuer)
        all["exp"] = .integer(Int64(provider.clock.now.timeIntervalSince1970) + 60)
        all["jti"] = "one"
        let assertion = try SigningKey(algorithm: .ES256, key: key).sign(claims: all)
        let parameters = RequestParameters([
            ("client_assertion", assertion), ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ])
        return await !isRefused {
            _ = try await provider.parts.clientAuthentication.authenticate(authorization: nil, parameters: parameters)
        }
    }

    @Test("what `String` takes for the same is somebody else", arguments: comparisons, Pair.all)
    private func equivalent(comparison: Comparison, pair: Pair) async throws {
        #expect(pair.known == pair.presented, "the pair shows nothing")
        #expect(try await comparison.takes(pair.known, pair.presented) == false)
    }

    @Test("what has the same bytes is the same", arguments: comparisons, Pair.all)
    private func same(comparison: Comparison, pair: Pair) async throws {
        #expect(try await comparison.takes(pair.known, pair.known))
    }

    @Test(
        "a fragment is one whatever follows its number sign",
        arguments: ["#", "#\u{301}", "#\u{200D}", "x#\u{20D0}y", "#\u{FE0F}\u{20E3}"])
    func fragments(end: String) {
        for isPublic in [false, true] {
            let uri = "http://127.0.0.1/" + end
            let client = Self.client {
                $0.isPublic = isPublic
                $0.redirectURIs = isPublic ? [] : [uri]
            }
            #expect(!RedirectURIRule(client: client).accepts(uri))
        }
    }

    @Test(
        "a loopback address ends where its bytes say",
        arguments: [
            "http://127.0.0.1\u{301}/cb", "http://127.0.0.1:80\u{301}/cb", "http://127.0.0.1/\u{301}cb",
            "http://127.0.0.1:8\u{660}/cb",
            "http:/\u{301}/127.0.0.1/cb", "http://127.0.0.1:\u{301}80/cb",
        ])
    func loopback(uri: String) {
        let client = Self.client {
            $0.isPublic = true
            $0.redirectURIs = ["http://127.0.0.1/cb"]
        }
        #expect(!RedirectURIRule(client: client).accepts(uri))
    }

    @Test("a scheme with a combining mark is no scheme, a colon with one is a colon")
    func authorization() throws {
        #expect(UserInfo.bearer("Bearer\u{301} x") == nil)
        #expect(UserInfo.bearer("\u{212A}earer x") == nil)
        #expect(UserInfo.bearer("bEaReR  x y") == "x y")
        #expect(UserInfo.bearer("Bearer ") == nil)
        let credentials = try ClientCredentials(
            authorization: "Basic " + Base64.encode(Array("app:\u{301}x".utf8)), parameters: RequestParameters([]))
        guard case .basic(let id, let secret) = credentials else {
            Issue.record("\(credentials)")
            return
        }
        #expect(id.isExactly("app"))
        #expect(secret.isExactly("\u{301}x"))
    }

    @Test("a word ends at a space, whatever follows it")
    func words() {
        let parameters = RequestParameters([("scope", "openid \u{301}x  email")])
        #expect(parameters.words("scope").isExactly(["openid", "\u{301}x", "email"]))
    }
}
