import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect
import Synchronization
import Testing

@testable import Edge

/// A browser with its cookies, at a login.
struct Browser {
    let bench: SessionBench
    let flow: LoginFlow
    var cookies: [String: String] = [:]

    init(_ keeping: SessionSettings.Keeping = .database, change: (inout LoginSettings) -> Void = { _ in }) async throws {
        try await self.init(SessionBench(keeping), change: change)
    }

    init(_ bench: SessionBench, change: (inout LoginSettings) -> Void = { _ in }) throws {
        self.bench = bench
        var settings = LoginSettings(
            clientID: "edge", redirectURI: .fixed("https://app.example.com/oauth2/callback"),
            targets: RedirectTargets(allowedHosts: [AllowedHost("app.example.com")].compactMap(\.self), prefix: "/oauth2"),
            session: bench.settings)
        change(&settings)
        flow = LoginFlow(
            settings, provider: bench.provider, sessions: bench.sessions, sealers: bench.sealers, clock: bench.clock,
            random: SystemRandom(), events: bench.events)
    }

    func visit(_ parameters: [(String, String)], host: String = SessionBench.host) -> LoginFlow.Visit {
        var headers = EdgeHeaders()
        if !cookies.isEmpty { headers.append("cookie", cookies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")) }
        return LoginFlow.Visit(
            scheme: "https", host: host, headers: headers, parameters: parameters.map { (name: $0.0, value: $0.1) })
    }

    mutating func take(_ redirect: LoginFlow.Redirect) {
        for field in redirect.cookies {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[String(pair[0])] = field.contains("Max-Age=0") ? nil : String(pair[1])
        }
    }

    /// - Returns: what the browser is sent to the provider with.
    mutating func start(rd: String = "/models?a=b") async throws -> [String: String] {
        let redirect = try await flow.start(visit([("rd", rd)]))
        take(redirect)
        var found: [String: String] = [:]
        for pair in redirect.location.split(separator: "?")[1].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            found[String(parts[0])] = try PercentEncoding.decode(parts[1])
        }
        return found
    }

    @discardableResult
    mutating func finish(_ sent: [String: String], code: String = "code") async throws -> LoginFlow.Redirect {
        let redirect = try await flow.finish(visit(Self.answer(sent, code)))
        take(redirect)
        return redirect
    }

    static func answer(_ sent: [String: String], _ code: String = "code") -> [(String, String)] {
        [("code", code), ("state", sent["state"] ?? ""), ("iss", FakeLoginProvider.issuer)]
    }

    var session: String? { cookies["__Host-edge"] }
    var attempts: Int { cookies.keys.count { $0.hasPrefix("__Host-edge_login_") } }
}

struct LoginFlowTests {
    private func failure(_ work: () async throws -> Void) async -> LoginFlow.Failure? {
        do {
            try await work()
            return nil
        } catch { return error as? LoginFlow.Failure }
    }

    @Test(arguments: EdgeSessionsTests.keepings)
    func `A login ends at the page first asked for`(_ keeping: SessionSettings.Keeping) async throws {
        var browser = try await Browser(keeping)
        let sent = try await browser.start()
        #expect(sent["response_type"] == "code" && sent["client_id"] == "edge" && sent["code_challenge_method"] == "S256")
        #expect(sent["redirect_uri"] == "https://app.example.com/oauth2/callback" && sent["prompt"] == nil)
        #expect(sent["scope"] == "openid email profile groups offline_access")
        #expect(browser.attempts == 1)
        let redirect = try await browser.finish(sent)
        #expect(redirect.location == "/models?a=b")
        #expect(browser.attempts == 0)
        let identity = try #require(await browser.bench.ask(browser.session ?? "").identity)
        #expect(identity.subject == "jane")
        let code = try #require(browser.bench.provider.state.withLock { $0.redeemed.first })
        #expect(Base64URL.encode(HashAlgorithm.sha256.hash(Array(code.verifier.utf8))) == sent["code_challenge"])
        #expect(code.nonce == sent["nonce"])
    }

    @Test func `prompt, scopes and further parameters are the configuration's`() async throws {
        var browser = try await Browser {
            $0.prompt = "none"
            $0.scopes = ["openid"]
            $0.parameters = ["hd": "example.com"]
            $0.redirectURI = .fixed("/oauth2/callback")
        }
        let sent = try await browser.start()
        #expect(sent["prompt"] == "none" && sent["scope"] == "openid" && sent["hd"] == "example.com")
        #expect(sent["redirect_uri"] == "/oauth2/callback", "a path is sent as it is")
    }

    @Test(
        arguments: [
            ("app.example.com", "https://app.example.com/oauth2/callback"), ("evil.example", nil),
            ("app.example.com:8443", nil), ("app.example.com@evil.example", nil),
        ] as [(String, String?)])
    func `The host of the login decides where the code is sent, if it is one of ours`(
        _ host: String, _ expected: String?
    ) async throws {
        let browser = try await Browser { $0.redirectURI = .host(otherwise: nil) }
        let location = try? await browser.flow.start(browser.visit([], host: host)).location
        #expect(location?.contains("redirect_uri=" + PercentEncoding.encode(expected ?? "")) == (expected == nil ? nil : true))
    }

    // MARK: Whose answer it is

    @Test func `A code that somebody else sends the browser with is refused`() async throws {
        var attacker = try await Browser()
        let sent = try await attacker.start()
        // The victim's browser has no cookie of this attempt: login CSRF.
        let victim = try Browser(attacker.bench)
        #expect(await failure { _ = try await victim.flow.finish(victim.visit(Browser.answer(sent))) } == .unknownAttempt)
        // Nor does one of another attempt help.
        var other = try Browser(attacker.bench)
        _ = try await other.start()
        let visit = other.visit(Browser.answer(sent))
        #expect(await failure { _ = try await other.flow.finish(visit) } == .unknownAttempt)
        #expect(attacker.bench.provider.state.withLock { $0.redeemed.isEmpty })
    }

    @Test func `A state that only begins like the right one is refused`() async throws {
        var browser = try await Browser()
        var sent = try await browser.start()
        let state = try #require(sent["state"])
        for wrong in [String(state.prefix(8)) + String(repeating: "A", count: 24), String(state.prefix(8)), "", state + "A"] {
            sent["state"] = wrong
            let visit = browser.visit(Browser.answer(sent))
            #expect(await failure { _ = try await browser.flow.finish(visit) } == .unknownAttempt)
        }
    }

    @Test func `The cookie of an attempt is of its host, and of this use`() async throws {
        var browser = try await Browser()
        let sent = try await browser.start()
        let visit = browser.visit(Browser.answer(sent), host: "other.example.com")
        #expect(await failure { _ = try await browser.flow.finish(visit) } == .unknownAttempt)
        // An attempt's cookie is no session, and a session none of an attempt.
        let attempt = try #require(browser.cookies.values.first)
        #expect(await browser.bench.ask(attempt).identity == nil)
    }

    @Test(
        arguments: [
            ([("iss", "https://evil.example")], .refused), ([], .refused),
            ([("iss", FakeLoginProvider.issuer), ("iss", "https://evil.example")], .refused),
        ] as [([(String, String)], LoginFlow.Failure)])
    func `An answer of another provider is refused`(_ issuers: [(String, String)], _ expected: LoginFlow.Failure) async throws {
        var browser = try await Browser()
        let sent = try await browser.start()
        let visit = browser.visit([("code", "code"), ("state", sent["state"] ?? "")] + issuers)
        #expect(await failure { _ = try await browser.flow.finish(visit) } == expected)
        #expect(browser.bench.provider.state.withLock { $0.redeemed.isEmpty })
    }

    @Test func `An attempt is good for a quarter of an hour`() async throws {
        var browser = try await Browser()
        let sent = try await browser.start()
        browser.bench.clock.advance(901)
        let visit = browser.visit(Browser.answer(sent))
        #expect(await failure { _ = try await browser.flow.finish(visit) } == .unknownAttempt)
    }

    @Test func `A code is used once`() async throws {
        var browser = try await Browser()
        let sent = try await browser.start()
        let before = browser
        try await browser.finish(sent)
        #expect(await failure { _ = try await before.flow.finish(before.visit(Browser.answer(sent))) } == .refused)
    }

    @Test(
        arguments: [
            ("access_denied", .declined), ("server_error", .unavailable), ("temporarily_unavailable", .unavailable),
            ("login_required", .refused), ("invalid_scope", .refused),
        ] as [(String, LoginFlow.Failure)])
    func `A person is told what the provider said`(_ error: String, _ expected: LoginFlow.Failure) async throws {
        var browser = try await Browser()
        let sent = try await browser.start()
        let visit = browser.visit([("error", error), ("state", sent["state"] ?? ""), ("iss", FakeLoginProvider.issuer)])
        #expect(await failure { _ = try await browser.flow.finish(visit) } == expected)
    }

    @Test func `A login that came to nothing is tried again for the page first asked for`() async throws {
        var browser = try await Browser()
        let sent = try await browser.start(rd: "/models?a=b")
        let visit = browser.visit([
            ("error", "access_denied"), ("state", sent["state"] ?? ""), ("iss", FakeLoginProvider.issuer),
        ])
        #expect(await browser.flow.firstTarget(of: visit) == "/models?a=b")
        // Too late, it is tried again all the same; in another browser nothing is known of it.
        browser.bench.clock.advance(901)
        #expect(await browser.flow.firstTarget(of: visit) == "/models?a=b")
        let other = try Browser(browser.bench)
        #expect(await other.flow.firstTarget(of: other.visit([("state", sent["state"] ?? "")])) == nil)
    }

    // MARK: Tabs

    @Test func `Many tabs log in at once, each to its page`() async throws {
        var browser = try await Browser()
        var sent: [[String: String]] = []
        for number in 0..<8 { sent.append(try await browser.start(rd: "/page/\(number)")) }
        #expect(browser.attempts == 8)
        for number in [5, 0, 7, 1, 2, 3, 4, 6] {
            #expect(try await browser.finish(sent[number], code: "code-\(number)").location == "/page/\(number)")
            #expect(await browser.bench.ask(browser.session ?? "").identity != nil)
        }
        #expect(browser.attempts == 0)
    }

    @Test func `Attempts that came to nothing do not pile up`() async throws {
        var browser = try await Browser()
        for _ in 0..<30 {
            browser.bench.clock.advance(1)
            _ = try await browser.start()
            #expect(browser.attempts <= LoginAttempt.mostAtOnce)
        }
        browser.bench.clock.advance(901)
        let sent = try await browser.start()
        #expect(browser.attempts == 1)
        try await browser.finish(sent)
        browser.cookies["__Host-edge_login_rubbish"] = "rubbish"
        _ = try await browser.start()
        #expect(browser.attempts == 1)
    }

    // MARK: Sessions before and after

    @Test(arguments: EdgeSessionsTests.keepings)
    func `A login makes a new session and ends the one before`(_ keeping: SessionSettings.Keeping) async throws {
        var browser = try await Browser(keeping)
        try await browser.finish(try await browser.start(), code: "first")
        let first = try #require(browser.session)
        try await browser.finish(try await browser.start(), code: "second")
        let second = try #require(browser.session)
        #expect(first != second)
        #expect(await browser.bench.ask(first).identity == nil)
        #expect(await browser.bench.ask(second).identity != nil)
    }

    @Test func `A session that an attacker put there is not made one of the victim`() async throws {
        let bench = try await SessionBench(.database)
        let attackers = try await bench.begin()
        var victim = try Browser(bench)
        victim.cookies["__Host-edge"] = attackers
        try await victim.finish(try await victim.start())
        #expect(victim.session != attackers)
        #expect(await bench.ask(attackers).identity == nil)
    }

    @Test func `A session that is too large for cookies is refused, and not cut`() async throws {
        var browser = try await Browser(.cookie)
        browser.bench.provider.set { $0.padding = String(repeating: "x", count: 40_000) }
        let sent = try await browser.start()
        let visit = browser.visit(Browser.answer(sent))
        #expect(await failure { _ = try await browser.flow.finish(visit) } == .tooLarge)
    }

    @Test func `A provider that does not answer is no refusal`() async throws {
        var browser = try await Browser()
        let sent = try await browser.start()
        browser.bench.provider.set { $0.refusal = .unavailable("down") }
        let visit = browser.visit(Browser.answer(sent))
        #expect(await failure { _ = try await browser.flow.finish(visit) } == .unavailable)
    }
}
