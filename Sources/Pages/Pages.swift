public import Bytes
import Mustache

/// Every page that people see. Each function takes what the page says and gives the bytes of a UTF-8 HTML document.
///
/// Start here: make one `Pages` when the program starts, choose a language for each request with
/// ``Language/negotiate(acceptLanguage:uiLocales:)``, and send the bytes under ``ContentSecurityPolicy``.
/// No page needs a script; every value is escaped (see ``HTML``); every address is checked (see ``PageURL``).
public struct Pages: Sendable {
    private let theme: PagesTheme
    private let templates: TemplateSet

    /// - Parameter overrides: an operator's own templates, text by name (the file `login.mustache` in `frontend.dir` is `login`).
    /// - Throws: if one of them cannot be used; the error names file and line.
    public init(theme: PagesTheme, overrides: [ExactText: String] = [:]) throws(PagesError) {
        self.theme = theme
        self.templates = try TemplateSet(overrides: overrides)
    }

    /// The form for a name and a password.
    public func login(_ page: LoginPage, language: Language) -> [UInt8] {
        render(.login, language: language, title: Words(language).html(.signIn), page.fill)
    }

    /// The form for another password in place of one that has expired.
    public func newPassword(_ page: NewPasswordPage, language: Language) -> [UInt8] {
        render(.newPassword, language: language, title: Words(language).html(.newPasswordTitle), page.fill)
    }

    /// The choice between several ways to sign in.
    public func connectors(_ page: ConnectorsPage, language: Language) -> [UInt8] {
        render(.connectors, language: language, title: Words(language).html(.signIn), page.fill)
    }

    /// The question whether an application may know what it asks for.
    public func approval(_ page: ApprovalPage, language: Language) -> [UInt8] {
        render(.approval, language: language, title: Words(language).html(.grantAccess), page.fill)
    }

    /// What went wrong, for errors that cannot be sent back to an application.
    public func error(_ page: ErrorPage, language: Language) -> [UInt8] {
        render(.error, language: language, title: HTML(escaping: page.title), page.fill)
    }

    /// A code to copy, for applications without an address (`urn:ietf:wg:oauth:2.0:oob`).
    public func outOfBand(_ page: OutOfBandPage, language: Language) -> [UInt8] {
        render(.outOfBand, language: language, title: Words(language).html(.codeTitle), page.fill)
    }

    /// The response as a form that posts itself (`response_mode=form_post`). Send it under ``ContentSecurityPolicy/formPost``.
    public func formPost(_ page: FormPostPage, language: Language) -> [UInt8] {
        render(.formPost, language: language, title: Words(language).html(.continueTitle), page.fill)
    }

    /// The question whether a person wants to sign out.
    public func logout(_ page: LogoutPage, language: Language) -> [UInt8] {
        render(.logout, language: language, title: Words(language).html(.signOut), page.fill)
    }

    /// The end of a logout that leads nowhere else.
    public func loggedOut(language: Language) -> [UInt8] {
        render(.loggedOut, language: language, title: Words(language).html(.signedOut)) { _, _ in }
    }

    /// What the issuer's address shows to someone who opens it.
    public func landing(_ page: LandingPage, language: Language) -> [UInt8] {
        render(.landing, language: language, title: Words(language).html(.landingTitle), page.fill)
    }

    /// The example application of `dextra dev`.
    public func exampleApp(_ page: ExampleAppPage, language: Language) -> [UInt8] {
        render(.exampleApp, language: language, title: Words(language).html(.exampleTitle), page.fill)
    }

    /// Before somebody is sent to the login of the edge.
    public func edgeSignIn(_ page: EdgeSignInPage, language: Language) -> [UInt8] {
        render(.edgeSignIn, language: language, title: Words(language).html(.signIn), page.fill)
    }

    /// A login of the edge that came to nothing.
    public func edgeFailure(_ page: EdgeFailurePage, language: Language) -> [UInt8] {
        render(.edgeFailure, language: language, title: Words(language).html(.edgeFailed), page.fill)
    }

    private func render(
        _ name: TemplateName, language: Language, title: HTML, _ fill: (inout TemplateValues, Words) -> Void
    ) -> [UInt8] {
        let words = Words(language)
        var values = TemplateValues()
        values.set("lang", language.htmlTag)
        values.set("theme", theme.scheme.rawValue)
        values.set("colorScheme", theme.colorSchemes)
        values.set("static", theme.issuerPath + "/static")
        values.set("issuer", theme.issuerName)
        values.set("logo", theme.logo)
        values.set("title", title)
        values.set("words", words)
        var extra = TemplateValues()
        for (key, value) in theme.extra { extra.set(key.text, value) }
        values.set("extra", extra)
        fill(&values, words)
        return templates.render(values, with: name)
    }
}
