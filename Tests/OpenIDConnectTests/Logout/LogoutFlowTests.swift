import Foundation
import JOSE
import Testing

@testable import OpenIDConnect

/// Ends sessions at an address that shows what it was given.
private struct DepartingConnector: LogoutConnector {
    var problem: ConnectorError?

    func logoutDestination(for visit: LogoutVisit) async throws(ConnectorError) -> ConnectorDestination? {
        if let problem { throw problem }
        return .address("https://idp.example/logout?\(visit.memory)&\(visit.state)&\(visit.callbackURL)")
    }
}

@Suite("Logout") struct LogoutFlowTests {
    private static let home = "https://app.example/bye?x=1"
    private static let app: Client = {
        var client = TestProvider.app
        client.postLogoutRedirectURIs = [home, "com.example.app://bye"]
        return client
    }()
    private static let subject = Subject.make(userID: "0001", connectorID: "local")

    private let provider: TestProvider
    private let flow: LogoutFlow

    init() async throws {
        provider = try await TestProvider(clients: [Self.app, TestProvider.other])
        flow = LogoutFlow(provider.parts)
    }

    private func browser(logins: String? = nil, departure: String? = nil, _ binding: BrowserBinding? = nil) -> LogoutBrowser {
        LogoutBrowser(binding: binding ?? provider.browser, logins: logins, departure: departure)
    }

    private func begin(
        _ parameters: [(name: String, value: String)], isPost: Bool = false, _ browser: LogoutBrowser? = nil
    ) async -> LogoutAnswer {
        await flow.begin(RequestParameters(parameters), isPost: isPost, browser: browser ?? self.browser())
    }

    private func isGood(_ refreshToken: String?, client: Client = TestProvider.app) async -> Bool {
        (try? await provider.refresh(refreshToken, client: client)) != nil
    }

    private func logins(
        _ userID: String = "0001", connectorID: String = "local", clientID: String = "app", memory: String? = nil,
        in cookie: String? = nil
    ) async throws -> String {
        try #require(
            await flow.remember(
                BrowserLogin(userID: userID, connectorID: connectorID, clientID: clientID, logoutMemory: memory), in: cookie,
                browser: provider.browser))
    }

    private func leave(_ answer: LogoutAnswer) throws -> (words: [String], departure: String) {
        guard case .leave(.address(let url)) = answer.outcome, case .set(let departure) = answer.departure else {
            throw OAuthError(.serverError, "\(answer)")
        }
        return (url.split(separator: "?")[1].split(separator: "&").map(String.init), departure)
    }

    // MARK: With a hint

    @Test func `A hint ends the person's grants at that client, and what was issued with it`() async throws {
        let tokens = try await provider.tokens()
        let second = try await provider.tokens()
        let elsewhere = try await provider.tokens(client: TestProvider.other)
        let answer = await begin([
            ("id_token_hint", tokens.idToken ?? ""), ("post_logout_redirect_uri", Self.home), ("state", "a b&c"),
        ])
        guard case .end(let location) = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
        #expect(location == Self.home + "&state=a%20b%26c")
        #expect(await isGood(tokens.refreshToken) == false)
        #expect(await isGood(second.refreshToken) == false)
        #expect(await isGood(elsewhere.refreshToken, client: TestProvider.other))
        #expect(await provider.isAccepted(tokens.accessToken) == false)
        #expect(await provider.isAccepted(elsewhere.accessToken))
    }

    @Test func `A hint that has expired is taken, a page is the end without an address`() async throws {
        let tokens = try await provider.tokens()
        provider.clock.advance(86_400 + 1)
        let answer = await begin([("id_token_hint", tokens.idToken ?? ""), ("ui_locales", "de fr")])
        guard case .signedOut(["de", "fr"]) = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
        #expect(await isGood(tokens.refreshToken) == false)
    }

    @Test func `Once more is no mistake`() async throws {
        let tokens = try await provider.tokens()
        for _ in 0..<2 {
            guard case .signedOut = await begin([("id_token_hint", tokens.idToken ?? "")]).outcome else {
                throw OAuthError(.serverError, "")
            }
        }
    }

    @Test func `Whatever is no ID token of ours proves nothing`() async throws {
        let tokens = try await provider.tokens()
        let parts = (tokens.idToken ?? "").split(separator: ".").map(String.init)
        let stranger = try SigningKey(
            keyID: "1", algorithm: .ES256, key: try PrivateKey.generate(.ec(.p256)))
        let foreign = try stranger.sign(payload: try Base64URL.decode(parts[1]))
        let key = try #require(provider.parts.ring.current?.signingKey(at: provider.clock.now))
        var claims = try #require(try JSON(parsing: try Base64URL.decode(parts[1])).object)
        claims["iss"] = "https://other.example/dex"
        let otherIssuer = try key.sign(payload: JSON.object(claims).serialized())
        let bad = [
            foreign, otherIssuer, parts[0] + "." + parts[1] + ".", "x", tokens.accessToken,
            Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + "." + parts[1] + ".",
        ]
        for hint in bad {
            guard case .ask(nil, _, _) = await begin([("id_token_hint", hint)]).outcome else {
                Issue.record("taken: \(hint)")
                continue
            }
            guard case .refuse = await begin([("id_token_hint", hint), ("post_logout_redirect_uri", Self.home)]).outcome else {
                Issue.record("taken: \(hint)")
                continue
            }
        }
        #expect(await isGood(tokens.refreshToken))
    }

    @Test func `A hint of another client changes nothing`() async throws {
        let tokens = try await provider.tokens()
        let answer = await begin([("id_token_hint", tokens.idToken ?? ""), ("client_id", "other")])
        guard case .refuse(let error) = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
        #expect(error.kind == .invalid)
        #expect(await isGood(tokens.refreshToken))
    }

    @Test(
        "Only what is registered, letter by letter, is an address to go to",
        arguments: [
            "https://app.example/bye", "https://app.example/bye?x=1&y", "https://app.example/bye?x=1#", "https://evil.example/",
            "https://app.example/callback", "HTTPS://app.example/bye?x=1", "https://app.example/bye?x=1 ", "//evil.example",
        ])
    func openRedirect(address: String) async throws {
        let tokens = try await provider.tokens()
        let hinted = await begin([("id_token_hint", tokens.idToken ?? ""), ("post_logout_redirect_uri", address)])
        guard case .refuse = hinted.outcome else { throw OAuthError(.serverError, "\(hinted)") }
        // Who asks is proven, so that it is over all the same.
        #expect(await isGood(tokens.refreshToken) == false)
        let named = await begin([("client_id", "app"), ("post_logout_redirect_uri", address)])
        guard case .refuse = named.outcome else { throw OAuthError(.serverError, "\(named)") }
    }

    @Test func `An address of an application on a device is an address, too`() async throws {
        let tokens = try await provider.tokens()
        let answer = await begin([
            ("id_token_hint", tokens.idToken ?? ""), ("post_logout_redirect_uri", "com.example.app://bye"), ("state", "s"),
        ])
        guard case .end("com.example.app://bye?state=s") = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
    }

    @Test(
        "Requests that cannot be meant are refused",
        arguments: [
            [("state", "1"), ("state", "2")], [("state", String(repeating: "s", count: 1025))],
            [("post_logout_redirect_uri", LogoutFlowTests.home)],
            [("post_logout_redirect_uri", LogoutFlowTests.home), ("client_id", "nobody")],
        ])
    func malformed(parameters: [(name: String, value: String)]) async throws {
        guard case .refuse(let error) = await begin(parameters).outcome else { throw OAuthError(.serverError, "") }
        #expect(error.kind == .invalid)
    }

    // MARK: With a question

    private func question(_ parameters: [(name: String, value: String)], _ browser: LogoutBrowser? = nil) async throws -> String {
        let answer = await begin(parameters, browser)
        guard case .ask(_, let sealed, _) = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
        return sealed
    }

    @Test func `Without a hint the person is asked, and nothing happens before`() async throws {
        let tokens = try await provider.tokens()
        let cookie = try await logins()
        let sealed = try await question(
            [("client_id", "app"), ("post_logout_redirect_uri", Self.home)], browser(logins: cookie))
        #expect(await isGood(tokens.refreshToken))
        let fresh = try await provider.tokens()
        let answer = await flow.confirm(sealed, browser: browser(logins: cookie))
        guard case .end(Self.home) = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
        #expect(answer.logins == .clear)
        #expect(await isGood(fresh.refreshToken) == false)
    }

    @Test func `The answer counts in the browser that was asked, in its time, and for this question only`() async throws {
        let tokens = try await provider.tokens()
        let cookie = try await logins()
        let sealed = try await question([], browser(logins: cookie))
        let posted = await begin([("id_token_hint", tokens.idToken ?? "")], isPost: true)
        guard case .again(let other) = posted.outcome else { throw OAuthError(.serverError, "\(posted)") }
        for (answer, binding) in [
            (sealed, BrowserBinding(secret: "another's")), (other, provider.browser), ("x", provider.browser),
        ] {
            guard case .refuse = await flow.confirm(answer, browser: browser(logins: cookie, binding)).outcome else {
                throw OAuthError(.serverError, "")
            }
        }
        provider.clock.advance(LogoutFlow.patience)
        guard case .refuse = await flow.confirm(sealed, browser: browser(logins: cookie)).outcome else {
            throw OAuthError(.serverError, "")
        }
        #expect(await isGood(tokens.refreshToken))
    }

    @Test func `A hint of somebody else than who is here leads to a question`() async throws {
        let tokens = try await provider.tokens()
        let cookie = try await logins("0002")
        _ = try await question([("id_token_hint", tokens.idToken ?? "")], browser(logins: cookie))
        #expect(await isGood(tokens.refreshToken))
        // Another browser's cookie says nothing.
        let elsewhere = browser(logins: cookie, BrowserBinding(secret: "another's"))
        guard case .signedOut = await begin([("id_token_hint", tokens.idToken ?? "")], elsewhere).outcome else {
            throw OAuthError(.serverError, "")
        }
    }

    // MARK: By POST

    @Test func `A POST changes nothing before the browser comes with its cookies`() async throws {
        let tokens = try await provider.tokens()
        let answer = await begin([("id_token_hint", tokens.idToken ?? "")], isPost: true)
        guard case .again(let sealed) = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
        #expect(await isGood(tokens.refreshToken))
        guard case .signedOut = await flow.resume(sealed, browser: browser()).outcome else {
            throw OAuthError(.serverError, "")
        }
        provider.clock.advance(LogoutFlow.redirectLifetime)
        guard case .refuse = await flow.resume(sealed, browser: browser()).outcome else { throw OAuthError(.serverError, "") }
    }

    // MARK: To another site and back

    private func departing(_ problem: ConnectorError? = nil) {
        provider.parts.connectors.replace(
            provider.parts.connectors.entries + [
                .init(id: "idp", name: "IdP", type: "idp", connector: DepartingConnector(problem: problem))
            ])
    }

    @Test func `The session at the other site is ended on the way, and the browser comes back`() async throws {
        departing()
        let tokens = try await provider.tokens()
        let cookie = try await logins("9", connectorID: "idp", memory: "session=7", in: try await logins(memory: nil))
        let sealed = try await question([("client_id", "app"), ("post_logout_redirect_uri", Self.home)], browser(logins: cookie))
        let answer = await flow.confirm(sealed, browser: browser(logins: cookie))
        let (words, departure) = try leave(answer)
        #expect(words[0] == "session=7" && words[2] == TestProvider.issuer + "/logout/callback")
        #expect(await isGood(tokens.refreshToken) == false)
        guard case .set(let rest) = answer.logins else { throw OAuthError(.serverError, "") }
        let here = browser(logins: rest, departure: departure)
        // A link of somebody else ends nothing.
        for (state, browser) in [
            (words[1], browser(logins: rest)), ("0" + words[1].dropFirst(), here), ("", here),
            (words[1], browser(logins: rest, departure: departure, BrowserBinding(secret: "another's"))),
        ] where state != words[1] || browser.departure == nil || browser.binding.secret != provider.browser.secret {
            guard case .refuse = await flow.callback(RequestParameters([("state", state)]), browser: browser).outcome else {
                throw OAuthError(.serverError, state)
            }
        }
        let back = await flow.callback(RequestParameters([("state", words[1])]), browser: here)
        guard case .end(Self.home) = back.outcome else { throw OAuthError(.serverError, "\(back)") }
        #expect(back.logins == .clear && back.departure == .clear)
    }

    @Test func `Only the session of the person of the hint is ended, the others stay`() async throws {
        departing()
        let tokens = try await provider.tokens()
        let cookie = try await logins(in: try await logins("9", connectorID: "idp", memory: "session=7"))
        let answer = await begin([("id_token_hint", tokens.idToken ?? "")], browser(logins: cookie))
        guard case .signedOut = answer.outcome, case .set(let rest) = answer.logins else {
            throw OAuthError(.serverError, "\(answer)")
        }
        let sealed = try await question([], browser(logins: rest))
        let (words, _) = try leave(await flow.confirm(sealed, browser: browser(logins: rest)))
        #expect(words[0] == "session=7")
    }

    @Test func `A site that cannot be asked does not keep anybody logged in here`() async throws {
        departing(.unavailable("down"))
        let cookie = try await logins("9", connectorID: "idp", memory: "session=7")
        let sealed = try await question([], browser(logins: cookie))
        let answer = await flow.confirm(sealed, browser: browser(logins: cookie))
        guard case .signedOut = answer.outcome else { throw OAuthError(.serverError, "\(answer)") }
        #expect(provider.log.events.contains { if case .logoutFailed("idp", "down") = $0 { true } else { false } })
    }

    @Test func `An address that was taken away meanwhile is not gone to`() async throws {
        departing()
        let cookie = try await logins("9", connectorID: "idp", memory: "m")
        let sealed = try await question([("client_id", "app"), ("post_logout_redirect_uri", Self.home)], browser(logins: cookie))
        let (words, departure) = try leave(await flow.confirm(sealed, browser: browser(logins: cookie)))
        provider.clients.replaceStatic([TestProvider.app])
        let back = await flow.callback(
            RequestParameters([("state", words[1])]), browser: browser(departure: departure))
        guard case .refuse = back.outcome else { throw OAuthError(.serverError, "\(back)") }
    }

    // MARK: The cookie

    @Test func `The cookie stays within what browsers keep`() async throws {
        var cookie: String?
        for number in 0..<20 {
            cookie = try await logins(
                "person \(number)", connectorID: "idp", clientID: String(repeating: "c", count: 90) + "\(number % 12)",
                memory: String(repeating: "m", count: number * 200), in: cookie)
            #expect((cookie ?? "").utf8.count < 3900)
        }
        // What does not fit at all is left out, the login is remembered.
        let bytes = try #require(await provider.parts.sealers.open(cookie ?? "", purpose: BrowserLogins.purpose))
        let entries = BrowserLogins(bytes, browser: provider.browser.hash)?.entries
        #expect(entries?.map(\.userID) == ["person 19"] && entries?.first?.logoutMemory == nil)
    }

    @Test(
        "sub is read as it was made",
        arguments: [("0001", "local"), ("", "a"), ("a", ""), (String(repeating: "ü", count: 300), "é\u{0}x")])
    func subject(userID: String, connectorID: String) {
        let found = Subject.parse(Subject.make(userID: userID, connectorID: connectorID))
        #expect(found?.userID == userID && found?.connectorID == connectorID)
    }

    @Test(
        "Everything else is no sub", arguments: ["x", "CgQwMDAx!", "CgQwMDAxEgVsb2NhbBI", "CgUwMDAx", "EgFhCgFi", "CoCAgICAgAFh"])
    func noSubject(text: String) {
        #expect(Subject.parse(text) == nil)
    }
}
