import Bytes
@testable import Pages

/// Every page, filled with plain text or with the same text in every field.
enum Samples {
    static let token =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjYxNzMwMjVkM2E4ZjRlIn0.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xOjU1NTYvZGV4Iiwic3ViIjoiQ2lRd09HRTRO"
        + "amcwWWkxa1lqZzRMVFJpTnpNdE9UQmhPUzB6WTJReE5qWXhaalUwTmpZU0JXeHZZMkZzIn0.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU"

    static func pages(_ pages: Pages, _ language: Language = .english) -> [(name: String, bytes: [UInt8])] {
        let session = ExampleAppPage.Session(
            claims: [
                .init(name: "iss", value: "http://127.0.0.1:5556/dex"),
                .init(name: "sub", value: "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs"),
                .init(name: "aud", value: "example-app"), .init(name: "exp", value: "1790000000"),
                .init(name: "email", value: "admin@example.com"), .init(name: "email_verified", value: "true"),
                .init(name: "groups", value: "[\"admins\",\"أصدقاء\"]"), .init(name: "name", value: "Zoë 👩‍🚀 Łukasiewicz"),
            ],
            decodedHeader: "{\n  \"alg\": \"RS256\",\n  \"kid\": \"6173025d3a8f4e\"\n}",
            decodedPayload:
                "{\n  \"iss\": \"http://127.0.0.1:5556/dex\",\n  \"sub\": \"CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs\",\n  \"aud\": \"example-app\"\n}",
            idToken: token, accessToken: token, refreshToken: "ChlxNGZ", expiresIn: 86400, refreshURL: "/refresh")
        let connectors: [ConnectorsPage.Connector] = [
            .init(id: "github", name: "GitHub", url: "/dex/auth/github?client_id=a&state=b", type: "github"),
            .init(id: "ldap", name: "Company directory", url: "/dex/auth/ldap?client_id=a", type: "ldap"),
            .init(id: "local", name: "Email", url: "/dex/auth/local?client_id=a", type: "local"),
        ]
        let post = "/dex/auth/local/login?back=%2Fdex%2Fauth&state=abc"
        return [
            (
                "login",
                pages.login(LoginPage(postURL: post, usernamePrompt: .email, clientName: "Example App"), language: language)
            ),
            (
                "login-invalid",
                pages.login(
                    LoginPage(
                        postURL: post, username: "admin@example.com", usernamePrompt: .email, failure: .invalidCredentials,
                        backLink: "/dex/auth?client_id=a", clientName: "Example App", rememberMe: true), language: language)
            ),
            (
                "login-limited",
                pages.login(
                    LoginPage(postURL: post, username: "admin", failure: .tooManyAttempts(retryAfter: 240)), language: language)
            ),
            ("login-unavailable", pages.login(LoginPage(postURL: post, failure: .unavailable), language: language)),
            (
                "new-password",
                pages.newPassword(NewPasswordPage(postURL: post, username: "jane"), language: language)
            ),
            (
                "new-password-refused",
                pages.newPassword(NewPasswordPage(postURL: post, username: "jane", failure: .usedBefore), language: language)
            ),
            (
                "connectors",
                pages.connectors(ConnectorsPage(connectors: connectors, clientName: "Example App"), language: language)
            ),
            ("connectors-none", pages.connectors(ConnectorsPage(connectors: []), language: language)),
            (
                "approval",
                pages.approval(
                    ApprovalPage(
                        clientName: "Example App", clientLogoURL: "/dex/static/logo.svg",
                        scopes: [
                            "openid", "email", "profile", "groups", "offline_access", "federated:id",
                            "audience:server:client_id:other-app", "photos.read",
                        ], username: "admin@example.com", requestToken: "abc"), language: language)
            ),
            (
                "approval-identity",
                pages.approval(
                    ApprovalPage(clientName: "Example App", scopes: ["openid"], requestToken: "abc"), language: language)
            ),
            (
                "error",
                pages.error(
                    ErrorPage(
                        status: 400, title: "Bad Request", message: "Unregistered redirect_uri (\"https://app.example/cb\").",
                        requestID: "4bf92f3577b34da6"), language: language)
            ),
            (
                "error-server",
                pages.error(ErrorPage(status: 500, title: "Internal Server Error", message: "Login error."), language: language)
            ),
            ("oob", pages.outOfBand(OutOfBandPage(code: "q4gfqzmyc3xbc2mwoywvobkxa"), language: language)),
            (
                "form-post",
                FormPostPage(
                    redirectURI: "https://app.example/cb?x=1&y=2",
                    fields: [.init(name: "code", value: "abc"), .init(name: "state", value: "\"><b>")], clientName: "Example App"
                ).map { pages.formPost($0, language: language) } ?? []
            ),
            (
                "logout",
                pages.logout(
                    LogoutPage(postURL: "/dex/logout/confirm", clientName: "Example App", request: "abc"), language: language)
            ),
            ("logout-everywhere", pages.logout(LogoutPage(postURL: "/logout/confirm", request: "abc"), language: language)),
            ("logged-out", pages.loggedOut(language: language)),
            (
                "landing",
                pages.landing(
                    LandingPage(
                        issuer: "https://id.example.com/dex", discoveryURL: "/dex/.well-known/openid-configuration",
                        keysURL: "/dex/keys", version: "1.0.0"), language: language)
            ),
            (
                "edge-sign-in",
                pages.edgeSignIn(EdgeSignInPage(startPath: "/oauth2/start", target: "/models?a=b"), language: language)
            ),
            (
                "edge-failure",
                pages.edgeFailure(
                    EdgeFailurePage(reason: .expired, retryPath: "/oauth2/start?rd=%2F", requestID: "4bf92f3577b34da6"),
                    language: language)
            ),
            ("example", pages.exampleApp(ExampleAppPage(startURL: "/login"), language: language)),
            ("example-signed-in", pages.exampleApp(ExampleAppPage(startURL: "/login", session: session), language: language)),
            (
                "example-failed",
                pages.exampleApp(
                    ExampleAppPage(
                        startURL: "/login", failure: .init(code: "access_denied", description: "The user said no.")),
                    language: language)
            ),
        ]
    }

    /// Every page with `text` wherever a caller can put text.
    static func filled(with text: String, scheme: PagesTheme.Scheme = .light) throws -> [(name: String, bytes: [UInt8])] {
        let pages = try Pages(
            theme: PagesTheme(
                issuerName: text, logoURL: text, scheme: scheme, extra: ["x": text, text.exact: text], issuerPath: "/dex"))
        let language = Language.english
        let session = ExampleAppPage.Session(
            claims: [.init(name: text, value: text)], decodedHeader: text, decodedPayload: text, idToken: text, accessToken: text,
            refreshToken: text, expiresIn: 60, refreshURL: text)
        return [
            (
                "login",
                pages.login(
                    LoginPage(
                        postURL: text, username: text, usernamePrompt: .custom(text), failure: .invalidCredentials,
                        backLink: text,
                        clientName: text), language: language)
            ),
            (
                "new-password",
                pages.newPassword(NewPasswordPage(postURL: text, username: text, failure: .refused), language: language)
            ),
            (
                "connectors",
                pages.connectors(
                    ConnectorsPage(
                        connectors: [
                            .init(id: text, name: text, url: text, type: text),
                            .init(id: text, name: text, url: "/a", type: text, iconURL: text),
                            .init(id: text, name: text, url: "/a", type: text, iconURL: "/icon.svg"),
                        ], clientName: text), language: language)
            ),
            (
                "approval",
                pages.approval(
                    ApprovalPage(
                        clientName: text, clientLogoURL: text, scopes: [text, "audience:server:client_id:" + text],
                        username: text,
                        requestToken: text), language: language)
            ),
            ("error", pages.error(ErrorPage(status: 400, title: text, message: text, requestID: text), language: language)),
            ("oob", pages.outOfBand(OutOfBandPage(code: text), language: language)),
            (
                "form-post",
                (FormPostPage(redirectURI: text, fields: [.init(name: text, value: text)], clientName: text)
                    ?? FormPostPage(redirectURI: "https://a.example", fields: [.init(name: text, value: text)], clientName: text))
                    .map { pages.formPost($0, language: language) } ?? []
            ),
            ("edge-sign-in", pages.edgeSignIn(EdgeSignInPage(startPath: text, target: text), language: language)),
            (
                "edge-failure",
                pages.edgeFailure(EdgeFailurePage(reason: .refused, retryPath: text, requestID: text), language: language)
            ),
            ("logout", pages.logout(LogoutPage(postURL: text, clientName: text, request: text), language: language)),
            (
                "landing",
                pages.landing(LandingPage(issuer: text, discoveryURL: text, keysURL: text, version: text), language: language)
            ),
            (
                "example",
                pages.exampleApp(
                    ExampleAppPage(startURL: text, session: session, failure: .init(code: text, description: text)),
                    language: language)
            ),
        ]
    }
}
