import OpenIDConnect
import Synchronization
import Testing

@testable import Edge

struct SignOutTests {
    @Test(arguments: EdgeSessionsTests.keepings)
    func `Sign-out ends the session and goes on to the page asked for`(_ keeping: SessionSettings.Keeping) async throws {
        var browser = try await Browser(keeping)
        try await browser.finish(try await browser.start())
        let cookie = try #require(browser.session)
        _ = try await browser.start()
        let out = try await browser.flow.signOut(browser.visit([("rd", "/bye")]))
        #expect(out.location == "/bye")
        browser.take(out)
        #expect(browser.cookies.isEmpty)
        #expect(await browser.bench.ask(cookie).identity == nil)
        #expect(browser.bench.provider.state.withLock { $0.revoked } == ["refresh-0"])
        #expect(try await browser.flow.signOut(browser.visit([("rd", "//evil.example")])).location == "/")
    }

    private static let logout = "https://issuer.example/logout"

    /// What the provider's logout is asked, after a login at `host`.
    private func sent(
        rd: String, host: String = SessionBench.host, change: (inout LoginSettings) -> Void = { _ in }
    ) async throws -> [String: String] {
        let browser = try await signedIn(host: host, change: change)
        let location = try await browser.flow.signOut(browser.visit([("rd", rd)], host: host)).location
        #expect(location.hasPrefix(Self.logout + "?"))
        var found: [String: String] = [:]
        for pair in location.dropFirst(Self.logout.count + 1).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            found[String(parts[0])] = try PercentEncoding.decode(parts[1])
        }
        return found
    }

    private func signedIn(
        host: String = SessionBench.host, change: (inout LoginSettings) -> Void = { _ in }
    ) async throws -> Browser {
        var browser = try await Browser(SessionBench(.database, domain: "example.com"), change: change)
        browser.bench.provider.set { $0.endSession = Self.logout }
        browser.cookies["edge"] = try await browser.bench.begin()
        return browser
    }

    @Test func `The provider's logout is told who leaves, and where they come back`() async throws {
        let sent = try await sent(rd: "/bye?a=b")
        #expect(sent["id_token_hint"]?.hasPrefix("e30.") == true && sent["client_id"] == "edge")
        #expect(sent["post_logout_redirect_uri"] == "https://app.example.com/oauth2/signed_out")
        #expect(sent["state"] == "/bye?a=b")
    }

    @Test func `Nobody who is not signed in is sent to the provider, nor anybody where that is not wanted`() async throws {
        var browser = try await signedIn()
        browser.cookies = [:]
        #expect(try await browser.flow.signOut(browser.visit([("rd", "/bye")])).location == "/bye")
        browser = try await signedIn { $0.endsProviderSession = false }
        #expect(try await browser.flow.signOut(browser.visit([("rd", "/bye")])).location == "/bye")
    }

    /// Where people come back from the provider, and the page from there, by the settings of the redirect URI.
    @Test(
        arguments: [
            (.fixed("/oauth2/callback"), "app.example.com", "/oauth2/signed_out", "/bye"),
            (
                .fixed("https://login.example.com:8443/cb"), "app.example.com",
                "https://login.example.com:8443/oauth2/signed_out",
                "https://app.example.com/bye"
            ),
            (.host(otherwise: nil), "app.example.com", "https://app.example.com/oauth2/signed_out", "/bye"),
            // Nobody could register all hosts of a domain.
            (
                .host(otherwise: nil), "other.example.com", "https://app.example.com/oauth2/signed_out",
                "https://other.example.com/bye"
            ),
        ] as [(LoginSettings.RedirectURI, String, String, String)])
    func `The address to return to is one that can be registered`(
        _ redirectURI: LoginSettings.RedirectURI, _ host: String, _ back: String, _ state: String
    ) async throws {
        let sent = try await sent(rd: "/bye", host: host) { settings in
            settings.redirectURI = redirectURI
            settings.targets.allowedHosts = ["*.example.com", "app.example.com"].compactMap(AllowedHost.init)
        }
        #expect(sent["post_logout_redirect_uri"] == back && sent["state"] == state)
    }

    @Test func `Without an address to return to there is none, and the provider has a page of its own`() async throws {
        let sent = try await sent(rd: "/bye") { settings in
            settings.redirectURI = .host(otherwise: nil)
            settings.targets.allowedHosts = []
        }
        #expect(sent.keys.sorted() == ["client_id", "id_token_hint"])
    }

    @Test func `What is too long for an address stays behind`() async throws {
        #expect(try await sent(rd: "/" + String(repeating: "x", count: 1100))["state"] == nil)
        let browser = try await signedIn()
        browser.bench.provider.set { $0.padding = String(repeating: "x", count: 5000) }
        var other = browser
        other.cookies["edge"] = try await browser.bench.begin()
        let location = try await other.flow.signOut(other.visit([])).location
        #expect(!location.contains("id_token_hint") && location.contains("client_id=edge"))
    }

    @Test(
        arguments: [
            ("/bye?a=b", "/bye?a=b"), ("https://app.example.com/bye", "/bye"), ("https://login.example.com/x", "/"),
            ("https://evil.example/", "/"), ("//evil.example", "/"), ("/oauth2/sign_out", "/"), ("", "/"),
        ])
    func `Back from the provider nobody is led to a stranger`(_ state: String, _ expected: String) async throws {
        let browser = try await Browser()
        #expect(browser.flow.signedOut(browser.visit([("state", state)])).location == expected)
        #expect(browser.flow.signedOut(browser.visit([("state", state), ("state", state)])).location == "/")
        // What a proxy says of the page is no wish of the person's.
        var visit = browser.visit([])
        visit.headers.append("x-auth-request-redirect", "/elsewhere")
        #expect(browser.flow.signedOut(visit).location == "/")
    }

    // MARK: Who wants it

    /// What a browser says of the page that led it here, and whether that is enough.
    private static let leads: [(EdgeHeaders, Bool)] = [
        ([:], true), (["sec-fetch-site": "same-origin"], true), (["sec-fetch-site": "none"], true),
        (["sec-fetch-site": "cross-site"], false), (["sec-fetch-site": "same-site"], false),
        (["sec-fetch-site": "Same-Origin"], false),
        (["sec-fetch-site": ""], false), (["sec-fetch-site": "same-origin\u{301}"], false),
        (["sec-fetch-site": "none, same-origin"], false),
        (["sec-fetch-site": "cross-site", "referer": "https://app.example.com/"], false),
        (["sec-fetch-site": "same-origin", "referer": "https://evil.example/"], true),
        (["referer": "https://app.example.com/a?b"], true), (["referer": "https://app.example.com"], true),
        (["referer": "http://app.example.com:80/"], true), (["referer": "https://evil.example/"], false),
        (["referer": "https://app.example.com.evil.example/"], false),
        (["referer": "https://app.example.com@evil.example/"], false),
        (["referer": "https://other.example.com/"], false), (["referer": "https://app.example.com:8443/"], false),
        (["referer": "about:blank"], false), (["referer": ""], false), (["origin": "null"], false),
        (["origin": "https://app.example.com"], true), (["origin": "https://evil.example"], false),
        (["origin": "https://app.example.com", "referer": "https://evil.example/"], false),
        (["origin": "https://evil.example", "referer": "https://app.example.com/"], false),
        (["referer": "https://app.example.com/\u{301}"], true), (["referer": "https://app.example.com\u{301}/"], false),
    ]

    @Test(arguments: EdgeSessionsTests.keepings) func `A page of somebody else ends no session`(
        _ keeping: SessionSettings.Keeping
    ) async throws {
        for (lead, isWanted) in Self.leads {
            var browser = try await Browser(keeping)
            try await browser.finish(try await browser.start())
            let cookie = try #require(browser.session)
            var visit = browser.visit([("rd", "/bye")])
            for field in lead.fields { visit.headers.append(field.name, field.value) }
            let isSignInPageWanted = visit.isFromHere
            #expect(isSignInPageWanted == isWanted, "\(lead)")
            if isWanted {
                #expect(try await browser.flow.signOut(visit).location == "/bye")
            } else {
                await #expect(throws: LoginFlow.Failure.unconfirmed, "\(lead)") { try await browser.flow.signOut(visit) }
                #expect(await browser.flow.cookiesOfSignIn(visit).isEmpty)
            }
            #expect((await browser.bench.ask(cookie).identity == nil) == isWanted, "\(lead)")
        }
    }

    @Test func `Whoever has seen the question for this session may answer it from anywhere`() async throws {
        var browser = try await Browser()
        try await browser.finish(try await browser.start())
        var other = try Browser(browser.bench)
        other.cookies["__Host-edge"] = try await browser.bench.begin()
        func visit(_ browser: Browser, _ answers: [String]) -> LoginFlow.Visit {
            var visit = browser.visit(answers.map { (LoginFlow.confirmationParameter, $0) })
            visit.headers.append("sec-fetch-site", "cross-site")
            return visit
        }
        let answer = browser.flow.signOutConfirmation(visit(browser, []))
        #expect(!answer.isEmpty)
        var nobody = browser
        nobody.cookies = [:]
        #expect(nobody.flow.signOutConfirmation(visit(nobody, [])).isEmpty)
        for (asker, answers) in [
            (other, [answer]), (nobody, [answer]), (nobody, [""]), (browser, [answer, answer]), (browser, [""]),
            (browser, [answer + "x"]), (browser, [browser.session ?? ""]),
        ] {
            await #expect(throws: LoginFlow.Failure.unconfirmed) { try await asker.flow.signOut(visit(asker, answers)) }
        }
        #expect(await browser.bench.ask(try #require(browser.session)).identity != nil)
        _ = try await browser.flow.signOut(visit(browser, [answer]))
        #expect(await browser.bench.ask(try #require(browser.session)).identity == nil)
        #expect(await other.bench.ask(try #require(other.session)).identity != nil)
    }
}
