import Bytes
import HTTPTypes
public import JOSE
public import OpenIDConnect
import Pages

/// The addresses that a browser visits on its way from an application through a sign-in and back (Dex's, all of them).
public struct AuthorizationRoutes: Sendable {
    private let flow: SignInFlow
    private let logout: LogoutFlow
    private let context: RouteContext
    private let random: any RandomSource

    public init(flow: SignInFlow, logout: LogoutFlow, context: RouteContext, random: any RandomSource) {
        self.flow = flow
        self.logout = logout
        self.context = context
        self.random = random
    }

    public var routes: [Route] {
        let path = context.path
        return [
            route([.get, .post], "/auth", begin),
            route([.get, .post], "/auth/{connector}", beginWithConnector),
            route([.get], "/auth/{connector}/login", showForm),
            route([.post], "/auth/{connector}/login", submitForm),
            route([.get], "/auth/{connector}/password", showNewPassword),
            route([.post], "/auth/{connector}/password", submitNewPassword),
            route([.get, .post], "/callback", callback),
            route([.get, .post], "/callback/{connector}", callback),
            route([.get], "/approval", showConsent),
            route([.post], "/approval", submitConsent),
        ].map { Route($0.methods, path + $0.pattern, name: $0.name, audience: $0.audience, handle: $0.handle) }
    }

    private func route(
        _ methods: [HTTPRequest.Method], _ pattern: String, _ handle: @escaping @Sendable (WebRequest) async throws -> WebResponse
    ) -> Route {
        Route(methods, pattern, name: pattern, audience: .people) { request in
            do {
                return try await handle(request)
            } catch let error as FormError {
                return context.error(.badRequest, "The request cannot be read: \(error).", for: request)
            }
        }
    }

    // MARK: Routes

    private func begin(_ request: WebRequest) async throws -> WebResponse {
        respond(to: request, await flow.begin(try parameters(of: request)))
    }

    private func beginWithConnector(_ request: WebRequest) async throws -> WebResponse {
        let known = context.browser(of: request) == nil ? nil : request.cookie(context.browserCookie)
        let secret = known ?? BrowserBinding.make(random)
        let outcome = await flow.begin(
            try parameters(of: request), connectorID: request.parameters["connector"] ?? "",
            browser: BrowserBinding(secret: secret))
        var response = respond(to: request, outcome)
        if known == nil, case .ask = outcome { try context.set(browserSecret: secret, on: &response) }
        return response
    }

    private func showForm(_ request: WebRequest) async throws -> WebResponse {
        let query = try FormFields(parsing: request.rawQuery)
        let outcome = await flow.form(
            connectorID: request.parameters["connector"] ?? "", state: query["state"], browser: context.browser(of: request),
            token: negotiateToken(of: request))
        return try await remembering(outcome, request, isAtPrompt: true)
    }

    /// RFC 4559 §4.2. What cannot be read is a token that is not good.
    private func negotiateToken(of request: WebRequest) -> [UInt8]? {
        guard let (scheme, token) = request.headers[.authorization]?.cutOnce(at: " "),
            scheme.hasSameBytesFoldingASCII(as: "negotiate")
        else { return nil }
        return (try? Base64.decode(token.trimmedOfOptionalWhitespace)) ?? []
    }

    private func submitForm(_ request: WebRequest) async throws -> WebResponse {
        let query = try FormFields(parsing: request.rawQuery)
        let form = try FormFields(parsing: request.body)
        let outcome = await flow.submit(
            username: form["login"] ?? "", password: form["password"] ?? "", connectorID: request.parameters["connector"] ?? "",
            state: query["state"], browser: context.browser(of: request))
        return try await remembering(outcome, request)
    }

    private func showNewPassword(_ request: WebRequest) async throws -> WebResponse {
        let query = try FormFields(parsing: request.rawQuery)
        let outcome = await flow.newPasswordForm(
            connectorID: request.parameters["connector"] ?? "", state: query["state"], browser: context.browser(of: request))
        return respond(to: request, outcome, isAtPrompt: true)
    }

    private func submitNewPassword(_ request: WebRequest) async throws -> WebResponse {
        let query = try FormFields(parsing: request.rawQuery)
        let form = try FormFields(parsing: request.body)
        let outcome = await flow.changePassword(
            from: form["old_password"] ?? "", to: form["new_password"] ?? "", repeated: form["new_password_again"] ?? "",
            connectorID: request.parameters["connector"] ?? "", state: query["state"], browser: context.browser(of: request))
        return try await remembering(outcome, request)
    }

    private func callback(_ request: WebRequest) async throws -> WebResponse {
        let outcome = await flow.callback(
            try parameters(of: request), isPost: request.method == .post, connectorID: request.parameters["connector"],
            browser: context.browser(of: request),
            sender: ConnectorAnswer.Sender(
                address: request.peerAddress, headers: request.headers.map { ($0.name.canonicalName, $0.value) }))
        return try await remembering(outcome, request)
    }

    /// Whoever has just logged in is kept in the browser's cookie, for the logout.
    private func remembering(
        _ outcome: SignInOutcome, _ request: WebRequest, isAtPrompt: Bool = false
    ) async throws -> WebResponse {
        guard case .remember(let login, let next) = outcome else {
            return respond(to: request, outcome, isAtPrompt: isAtPrompt)
        }
        // What is next is at another address.
        var response = respond(to: request, next)
        if let browser = context.browser(of: request),
            let logins = await logout.remember(login, in: request.cookie(context.loginsCookie), browser: browser)
        {
            try context.set(context.loginsCookie, to: .set(logins), on: &response)
        }
        return response
    }

    private func showConsent(_ request: WebRequest) async throws -> WebResponse {
        let query = try FormFields(parsing: request.rawQuery)
        return respond(
            to: request, await flow.consentForm(state: query["req"], browser: context.browser(of: request)), isAtPrompt: true)
    }

    private func submitConsent(_ request: WebRequest) async throws -> WebResponse {
        let query = try FormFields(parsing: request.rawQuery)
        let form = try FormFields(parsing: request.body)
        let outcome = await flow.consent(
            approved: form["approval"] == "approve", state: query["req"] ?? form["req"], browser: context.browser(of: request))
        return respond(to: request, outcome)
    }

    // MARK: From values to bytes

    /// Dex merges query and form; a parameter that is in both counts twice.
    private func parameters(of request: WebRequest) throws(FormError) -> RequestParameters {
        let query = try FormFields(parsing: request.rawQuery)
        guard request.method == .post else { return RequestParameters(query) }
        return RequestParameters(query.fields + (try FormFields(parsing: request.body)).fields)
    }

    /// - Parameter isAtPrompt: the browser is at the address of the page to be shown, so that it is not sent there again.
    private func respond(to request: WebRequest, _ outcome: SignInOutcome, isAtPrompt: Bool = false) -> WebResponse {
        switch outcome {
        case .choose(let choices, let uiLocales): return choosePage(choices, uiLocales, request)
        case .proceed(let id): return redirect(context.path + "/auth/" + escaped(id) + query(of: request), request)
        case .ask(let prompt, let state, let uiLocales):
            return ask(prompt, state: state, uiLocales, request, isAtPrompt: isAtPrompt)
        case .remember(_, let next): return respond(to: request, next, isAtPrompt: isAtPrompt)
        case .answered(let url, let id, let state): return answered(url, id, state: state, request)
        case .challenge(let prompt, let uiLocales): return challenge(prompt, uiLocales, request)
        case .negotiated(let outcome, let reply):
            var response = respond(to: request, outcome)
            response.headers[.wwwAuthenticate] = "Negotiate " + Base64.encode(reply)
            return response
        case .wrongCredentials(let prompt, let uiLocales): return loginPage(prompt, uiLocales, request, .invalidCredentials)
        case .newPasswordRefused(let prompt, let problem, let uiLocales):
            return newPasswordPage(prompt, uiLocales, request, NewPasswordPage.Failure(problem))
        case .answer(let response): return answer(response, request)
        case .refuse(let error): return context.error(error, for: request)
        }
    }

    private func ask(
        _ prompt: SignInPrompt, state: String, _ uiLocales: [String], _ request: WebRequest, isAtPrompt: Bool
    ) -> WebResponse {
        switch prompt {
        case .visit(.address(let url)): return redirect(url, request)
        case .visit(.form(let action, let fields)): return context.form(to: action, fields, for: request)
        case .password(let id, _, _, _, let hasAlternatives):
            if isAtPrompt { return loginPage(prompt, uiLocales, request, nil) }
            let back = hasAlternatives ? escaped(context.path + "/auth" + query(of: request)) : ""
            return redirect("\(context.path)/auth/\(escaped(id))/login?back=\(back)&state=\(state)", request)
        case .newPassword(let id, _, _):
            if isAtPrompt { return newPasswordPage(prompt, uiLocales, request, nil) }
            return redirect("\(context.path)/auth/\(escaped(id))/password?state=\(state)", request)
        case .consent(let clientName, let logoURL, let scopes):
            if !isAtPrompt { return redirect("\(context.path)/approval?req=\(state)", request) }
            let page = ApprovalPage(
                clientName: clientName, clientLogoURL: logoURL.isEmpty ? nil : logoURL, scopes: scopes, username: nil,
                requestToken: state)
            return context.page(
                context.pages.approval(page, language: context.language(of: request, uiLocales: uiLocales)), images: [logoURL])
        }
    }

    /// A request of our own again, to which the browser adds its cookie. A person in hundreds of groups does not fit into an
    /// address; a form of ours carries as much as it takes.
    private func answered(
        _ callbackURL: String, _ connectorID: String, state: String, _ request: WebRequest
    ) -> WebResponse {
        guard state.utf8.count > Self.longestAddress else {
            return redirect("\(context.path)/callback/\(escaped(connectorID))?state=\(state)", request)
        }
        return context.form(to: callbackURL + "/" + escaped(connectorID), [.init(name: "state", value: state)], for: request)
    }

    /// What browsers and proxies take without a question.
    private static let longestAddress = 6000

    private func choosePage(_ choices: ConnectorChoices, _ uiLocales: [String], _ request: WebRequest) -> WebResponse {
        let query = query(of: request)
        let page = ConnectorsPage(
            connectors: choices.connectors.map { choice in
                .init(
                    id: choice.id, name: choice.name, url: context.path + "/auth/" + escaped(choice.id) + query,
                    type: choice.type,
                    iconURL: context.icon(id: choice.id, type: choice.type))
            }, emailForm: choices.asksForEmail ? emailForm(choices.email, request) : nil)
        return context.page(context.pages.connectors(page, language: context.language(of: request, uiLocales: uiLocales)))
    }

    /// Asks for the page again, with the address as `login_hint`.
    private func emailForm(_ email: String?, _ request: WebRequest) -> ConnectorsPage.EmailForm {
        let pairs = (try? parameters(of: request))?.pairs ?? []
        return ConnectorsPage.EmailForm(
            action: context.path + "/auth", email: email ?? "",
            fields: pairs.filter { $0.name != "login_hint" && $0.name != "connector_id" }.map {
                .init(name: $0.name, value: $0.value)
            })
    }

    /// Browsers that have a ticket send it at once and show nothing; others show the page.
    private func challenge(_ prompt: SignInPrompt?, _ uiLocales: [String], _ request: WebRequest) -> WebResponse {
        var response =
            prompt.map { loginPage($0, uiLocales, request, nil) }
            ?? context.error(
                .unauthorized, "Your browser has sent no Kerberos ticket, and there is no other way to log in here.",
                for: request)
        response.status = .unauthorized
        response.headers[.wwwAuthenticate] = "Negotiate"
        return response
    }

    private func loginPage(
        _ prompt: SignInPrompt, _ uiLocales: [String], _ request: WebRequest, _ failure: LoginPage.Failure?
    ) -> WebResponse {
        guard case .password(_, let usernamePrompt, let clientName, let username, let hasAlternatives) = prompt else {
            return context.error(.internalServerError, "The server could not complete the request.", for: request)
        }
        let page = LoginPage(
            postURL: request.path + "?" + request.rawQuery, username: username ?? "",
            usernamePrompt: LoginPage.UsernamePrompt(usernamePrompt),
            failure: failure, backLink: hasAlternatives ? backLink(of: request) : nil, clientName: clientName)
        return context.page(
            context.pages.login(page, language: context.language(of: request, uiLocales: uiLocales)),
            status: failure == .invalidCredentials ? .unauthorized : .ok)
    }

    private func newPasswordPage(
        _ prompt: SignInPrompt, _ uiLocales: [String], _ request: WebRequest, _ failure: NewPasswordPage.Failure?
    ) -> WebResponse {
        guard case .newPassword(_, let username, _) = prompt else {
            return context.error(.internalServerError, "The server could not complete the request.", for: request)
        }
        let page = NewPasswordPage(postURL: request.path + "?" + request.rawQuery, username: username, failure: failure)
        let status: HTTPResponse.Status =
            switch failure {
            case nil: .ok
            case .wrongPassword: .unauthorized
            default: .unprocessableContent
            }
        return context.page(
            context.pages.newPassword(page, language: context.language(of: request, uiLocales: uiLocales)), status: status)
    }

    /// Back to the choice of connectors, and nowhere else: what stands in the address could be anybody's.
    private func backLink(of request: WebRequest) -> String? {
        guard let back = (try? FormFields(parsing: request.rawQuery))?["back"], back.startsWithBytes(of: context.path + "/auth?")
        else {
            return nil
        }
        return back
    }

    private func answer(_ response: AuthorizationResponse, _ request: WebRequest) -> WebResponse {
        let language = context.language(of: request)
        if response.isOutOfBand {
            guard let code = response["code"] else {
                return context.error(.badRequest, response["error_description"] ?? "The request was refused.", for: request)
            }
            return context.page(context.pages.outOfBand(OutOfBandPage(code: code), language: language))
        }
        guard response.mode == .formPost else { return redirect(response.location, request, status: .seeOther) }
        return context.form(
            to: response.redirectURI, response.parameters.map { .init(name: $0.name, value: $0.value) }, for: request)
    }

    /// A GET is redirected with 302 as Dex does; after a POST it must be 303 (RFC 9700 §4.12).
    private func redirect(_ url: String, _ request: WebRequest, status: HTTPResponse.Status? = nil) -> WebResponse {
        .redirect(url, status: status ?? (request.method == .post ? .seeOther : .found))
    }

    /// The request's parameters without `connector_id`, as a query to be followed by GET.
    private func query(of request: WebRequest) -> String {
        guard let parameters = try? parameters(of: request) else { return "" }
        let pairs = parameters.pairs.filter { $0.name != "connector_id" }
        return pairs.isEmpty ? "" : "?" + pairs.map { escaped($0.name) + "=" + escaped($0.value) }.joined(separator: "&")
    }

    private func escaped(_ text: String) -> String {
        PercentEncoding.encode(text)
    }
}

extension LoginPage.UsernamePrompt {
    init(_ prompt: OpenIDConnect.UsernamePrompt) {
        self =
            switch prompt {
            case .email: .email
            case .username: .username
            case .custom(let text): .custom(text)
            }
    }
}

extension NewPasswordPage.Failure {
    fileprivate init(_ problem: NewPasswordProblem) {
        self =
            switch problem {
            case .different: .different
            case .unchanged: .unchanged
            case .wrongPassword: .wrongPassword
            case .refused(.tooShort): .tooShort
            case .refused(.tooSimple): .tooSimple
            case .refused(.usedBefore): .usedBefore
            case .refused(.tooSoon): .tooSoon
            case .refused(.notAllowed): .notAllowed
            case .refused(.other): .refused
            }
    }
}
