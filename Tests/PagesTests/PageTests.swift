import Testing

@testable import Pages

@Suite("What pages say")
struct PageTests {
    let pages: Pages

    init() throws { self.pages = try Pages(theme: PagesTheme(issuerName: "Example Corp", issuerPath: "/dex/")) }

    @Test("scripts find Dex's login form: same action, login, password, nothing hidden")
    func loginForm() {
        let page = pages.login(
            LoginPage(postURL: "/dex/auth/local/login?back=&state=a", usernamePrompt: .email), language: .english)
        #expect(page.text.contains("<form method=\"post\" action=\"/dex/auth/local/login?back=&amp;state=a\">"))
        let inputs = Markup(page).all("input")
        #expect(inputs.map { $0["name"] } == ["login", "password"])
        #expect(inputs.map { $0["type"] } == ["text", "password"])
        #expect(inputs.map { $0["autocomplete"] } == ["username", "current-password"])
        #expect(!page.text.contains("login-error"))
        #expect(page.text.contains("<label for=\"login\">Email address</label>"))
    }

    @Test("a refused login shows login-error, tied to the fields, and keeps the name but never a password")
    func loginError() throws {
        let page = Markup(
            pages.login(LoginPage(postURL: "/x", username: "jane", failure: .invalidCredentials), language: .english))
        let alert = try #require(page.all("div").first { $0["id"] == "login-error" })
        #expect(alert["role"] == "alert")
        #expect(page.all("input").map { $0["value"] } == ["jane", nil])
        #expect(page.all("input").allSatisfy { $0["aria-describedby"] == "login-error" && $0["aria-invalid"] == "true" })
        #expect(page.all("input").map { $0["autofocus"] != nil } == [false, true])
    }

    @Test(
        "each failure has its own words; only wrong details mark the fields",
        arguments: [
            (.invalidCredentials, "don’t match", true), (.tooManyAttempts(retryAfter: nil), "Wait a little", false),
            (.tooManyAttempts(retryAfter: 30), "<bdi>30 s</bdi>", false), (.unavailable, "not been checked", false),
        ] as [(LoginPage.Failure, String, Bool)])
    func failures(failure: LoginPage.Failure, words: String, isInvalid: Bool) {
        let page = pages.login(LoginPage(postURL: "/x", failure: failure), language: .english).text
        #expect(page.contains("<div id=\"login-error\""))
        #expect(page.contains(words))
        #expect(page.contains("aria-invalid") == isInvalid)
    }

    @Test("a form for a new password asks for the old one once and for the new one twice, in words that password managers know")
    func newPasswordForm() {
        let page = Markup(pages.newPassword(NewPasswordPage(postURL: "/x", username: "jane"), language: .english))
        let inputs = page.all("input")
        #expect(inputs.map { $0["name"] } == ["username", "old_password", "new_password", "new_password_again"])
        #expect(inputs.map { $0["type"] } == ["text", "password", "password", "password"])
        #expect(inputs.map { $0["autocomplete"] } == ["username", "current-password", "new-password", "new-password"])
        #expect(inputs.map { $0["value"] } == ["jane", nil, nil, nil])
        #expect(!page.text.contains("password-error"))
    }

    @Test("each problem of a new password has its own words", arguments: NewPasswordPage.Failure.allCases)
    func newPasswordFailures(_ failure: NewPasswordPage.Failure) {
        let show = { (failure: NewPasswordPage.Failure) in
            Markup(pages.newPassword(NewPasswordPage(postURL: "/x", username: "jane", failure: failure), language: .english))
        }
        let page = show(failure)
        #expect(page.all("div").contains { $0["id"] == "password-error" && $0["role"] == "alert" })
        #expect(page.all("input").filter { $0["aria-invalid"] != nil }.count == (failure == .wrongPassword ? 1 : 2))
        #expect(Set(NewPasswordPage.Failure.allCases.map { show($0).text }).count == NewPasswordPage.Failure.allCases.count)
    }

    @Test(
        "the way back is shown only if it stays on this server",
        arguments: [("/dex/auth?a=b", true), ("https://evil.example", false), ("", false)])
    func back(link: String, isShown: Bool) {
        let page = Markup(pages.login(LoginPage(postURL: "/x", backLink: link), language: .english))
        #expect(page.all("a").contains { $0["href"] == link } == isShown)
    }

    @Test("remember_me is there when asked for", arguments: [(nil, nil), (false, false), (true, true)] as [(Bool?, Bool?)])
    func remember(value: Bool?, checked: Bool?) {
        let page = Markup(pages.login(LoginPage(postURL: "/x", rememberMe: value), language: .english))
        let box = page.all("input").first { $0["name"] == "remember_me" }
        #expect(box.map { $0["checked"] != nil } == checked)
        #expect(box == nil || box?["value"] == "on")
    }

    @Test("connectors are plain links, in their order; one that must not be linked is left out")
    func connectors() {
        let connectors: [ConnectorsPage.Connector] = [
            .init(id: "b", name: "B", url: "/dex/auth/b?x=1&y=2", type: "oidc"),
            .init(id: "x", name: "X", url: "javascript:alert(1)", type: "oidc"),
            .init(id: "a", name: "", url: "/dex/auth/a", type: "ldap", iconURL: "/dex/static/icon-ldap.svg"),
            .init(id: "c", name: "C", url: "/dex/auth/c", type: "ldap", iconURL: "https://elsewhere.example/icon.svg"),
        ]
        let page = pages.connectors(ConnectorsPage(connectors: connectors), language: .english)
        #expect(Markup(page).all("img").map { $0["src"] }.suffix(1) == ["/dex/static/icon-ldap.svg"])
        #expect(Markup(page).all("img").allSatisfy { $0["alt"] != nil })
        #expect(page.text.contains(">B</span>") && page.text.contains(">C</span>") && !page.text.contains(">A</span>"))
        #expect(Markup(page).all("a").map { $0["href"] } == ["/dex/auth/b?x=1&amp;y=2", "/dex/auth/a", "/dex/auth/c"])
        #expect(page.text.contains("<a class=\"choice\" href=\"/dex/auth/a\">"))
        #expect(page.text.contains("Sign in with <bdi>a</bdi>"))
    }

    @Test("approval is two forms without an action, one to approve and one to reject")
    func approval() {
        let page = Markup(
            pages.approval(ApprovalPage(clientName: "App", scopes: ["openid"], requestToken: "r\"1"), language: .english))
        #expect(page.all("form").count == 2)
        #expect(page.all("form").allSatisfy { $0["action"] == nil && $0["method"] == "post" })
        #expect(
            page.all("input").map { [$0["name"], $0["value"]] } == [
                ["req", "r&quot;1"], ["approval", "approve"], ["req", "r&quot;1"], ["approval", "rejected"],
            ])
    }

    @Test(
        "scopes are put into words",
        arguments: [
            ("email", "See your email address"), ("offline_access", "Keep this access"),
            ("audience:server:client_id:other", "Sign you in to <bdi>other</bdi>"),
            ("photos", "Use the permission <bdi>photos</bdi>"), ("federated:id", "account ID"), ("groups", "groups"),
            ("profile", "profile"),
        ])
    func scopes(scope: String, words: String) {
        let page = pages.approval(
            ApprovalPage(clientName: "App", scopes: ["openid", scope], requestToken: "r"), language: .english
        ).text
        #expect(page.contains(words))
        #expect(page.matches(of: /<li>/).count == 1)
    }

    @Test("an error reads as Dex's does, in every language", arguments: Language.allCases)
    func error(language: Language) {
        let page = pages.error(
            ErrorPage(status: 404, title: "Not Found", message: "Invalid <client>", requestID: "abc"), language: language
        ).text
        #expect(page.contains("<h2 class=\"theme-heading\">Not Found</h2><p>Invalid &lt;client&gt;</p>"))
        #expect(page.contains(HTML(escaping: Words(language).text(.adviceNotFound)).markup))
        #expect(page.contains("<code>abc</code>"))
    }

    @Test("the code out of band is in an input")
    func outOfBand() {
        let page = Markup(pages.outOfBand(OutOfBandPage(code: "abc"), language: .english))
        #expect(page.all("input").map { $0["value"] } == ["abc"])
    }

    @Test("form_post sends its fields to the redirect URI, with a button for people without scripts")
    func formPost() throws {
        let view = try #require(
            FormPostPage(
                redirectURI: "https://a.example/cb?x=1&y",
                fields: [.init(name: "code", value: "c"), .init(name: "state", value: "")]))
        let page = pages.formPost(view, language: .english)
        #expect(page.text.contains("<form method=\"post\" action=\"https://a.example/cb?x=1&amp;y\">"))
        #expect(
            Markup(page).all("input").map { [$0["type"], $0["name"], $0["value"]] } == [
                ["hidden", "code", "c"], ["hidden", "state", ""],
            ])
        #expect(page.text.contains("<button class=\"button\" type=\"submit\">Continue</button>"))
    }

    @Test(
        "form_post has no page for what is no web address",
        arguments: ["javascript:alert(1)", "com.example:/cb", "/cb", "", "https://"])
    func formPostTargets(redirectURI: String) {
        #expect(FormPostPage(redirectURI: redirectURI, fields: []) == nil)
    }

    @Test("the landing page shows the issuer and links what is given")
    func landing() {
        let page = pages.landing(
            LandingPage(issuer: "https://id.example/dex", discoveryURL: "/dex/.well-known/openid-configuration"),
            language: .english)
        #expect(Markup(page).all("a").map { $0["href"] } == ["/dex/.well-known/openid-configuration"])
        #expect(page.text.contains(">https://id.example/dex</code>"))
    }

    @Test("the example application starts, shows what it got, and shows why it got nothing")
    func exampleApp() {
        let start = Markup(pages.exampleApp(ExampleAppPage(startURL: "/login"), language: .english))
        #expect(start.all("a").map { $0["href"] } == ["/login"])
        #expect(start.all("table").isEmpty)
        let session = ExampleAppPage.Session(
            claims: [.init(name: "sub", value: "1"), .init(name: "name", value: "")], decodedHeader: "{}",
            decodedPayload: "{\"a\": 1}", idToken: "a.b.c",
            refreshToken: "r", expiresIn: 3600, refreshURL: "/refresh")
        let signedIn = pages.exampleApp(ExampleAppPage(startURL: "/login", session: session), language: .english)
        #expect(Markup(signedIn).all("tr").count == 3)
        #expect(Markup(signedIn).all("form").map { $0["action"] } == ["/refresh"])
        for text in ["{&quot;a&quot;: 1}", "a.b.c", "<summary>Refresh token</summary>", "<bdi>60 min</bdi>"] {
            #expect(signedIn.text.contains(text))
        }
        #expect(!signedIn.text.contains("Access token"))
        let failed = pages.exampleApp(
            ExampleAppPage(startURL: "/login", failure: .init(code: "access_denied")), language: .english
        ).text
        #expect(failed.contains("<code>access_denied</code>"))
    }

    @Test(
        "the theme's logo is where it should be",
        arguments: [
            (nil, "/dex/static/logo.svg"), ("", "/dex/static/logo.svg"), ("theme/logo.png", "/dex/theme/logo.png"),
            ("/x.png", "/x.png"),
            ("https://cdn.example/x.png", "https://cdn.example/x.png"), ("javascript:alert(1)", "/dex/static/logo.svg"),
            ("//x", "/dex/static/logo.svg"),
        ])
    func logo(url: String?, address: String) {
        #expect(PagesTheme(logoURL: url, issuerPath: "/dex/").logo?.text == address)
    }

    @Test(
        "themes have Dex's names",
        arguments: [("light", .light), ("coreos", .light), ("tectonic", .light), ("dark", .dark), ("auto", .auto), ("x", nil)]
            as [(String, PagesTheme.Scheme?)])
    func themes(name: String, scheme: PagesTheme.Scheme?) throws {
        #expect(PagesTheme.Scheme(configurationName: name) == scheme)
        guard let scheme else { return }
        let page = try Pages(theme: PagesTheme(scheme: scheme)).landing(LandingPage(issuer: "x"), language: .english).text
        #expect(page.contains("class=\"theme-\(scheme.rawValue)\""))
    }
}
