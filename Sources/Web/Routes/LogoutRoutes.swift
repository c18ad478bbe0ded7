import Bytes
import HTTPTypes
public import JOSE
public import OpenIDConnect
import Pages

/// The addresses that a browser visits when somebody logs out (OpenID Connect RP-Initiated Logout 1.0).
public struct LogoutRoutes: Sendable {
    private let flow: LogoutFlow
    private let context: RouteContext
    private let random: any RandomSource

    public init(flow: LogoutFlow, context: RouteContext, random: any RandomSource) {
        self.flow = flow
        self.context = context
        self.random = random
    }

    public var routes: [Route] {
        [
            route([.get, .post], "/logout") { request, browser in
                let query = RequestParameters(try FormFields(parsing: request.rawQuery))
                if request.method != .post, let sealed = query["request"] {
                    return await flow.resume(sealed, browser: browser)
                }
                let isPost = request.method == .post
                let form = isPost ? try FormFields(parsing: request.body).fields : []
                return await flow.begin(
                    RequestParameters(query.pairs.map { ($0.name, $0.value) } + form), isPost: isPost, browser: browser)
            },
            route([.post], "/logout/confirm") { request, browser in
                await flow.confirm(try FormFields(parsing: request.body)["request"], browser: browser)
            },
            route([.get], "/logout/callback") { request, browser in
                await flow.callback(RequestParameters(try FormFields(parsing: request.rawQuery)), browser: browser)
            },
            route([.get, .post], "/saml/{connector}/logout") { request, browser in
                let isPost = request.method == .post
                let fields = try isPost ? FormFields(parsing: request.body) : FormFields(parsing: request.rawQuery)
                let message = LogoutMessage(rawQuery: request.rawQuery, parameters: RequestParameters(fields), isPost: isPost)
                return await flow.receive(message, connectorID: request.parameters["connector"] ?? "", browser: browser)
            },
        ]
    }

    private func route(
        _ methods: [HTTPRequest.Method], _ pattern: String,
        _ handle: @escaping @Sendable (WebRequest, LogoutBrowser) async throws -> LogoutAnswer
    ) -> Route {
        Route(methods, context.path + pattern, name: pattern, audience: .people) { request in
            let known = context.browser(of: request) == nil ? nil : request.cookie(context.browserCookie)
            let secret = known ?? BrowserBinding.make(random)
            let browser = LogoutBrowser(
                binding: BrowserBinding(secret: secret), logins: request.cookie(context.loginsCookie),
                departure: request.cookie(context.departureCookie))
            do {
                let answer = try await handle(request, browser)
                var response = respond(to: request, answer.outcome)
                if known == nil, case .ask = answer.outcome { try context.set(browserSecret: secret, on: &response) }
                try context.set(context.loginsCookie, to: answer.logins, on: &response)
                try context.set(context.departureCookie, to: answer.departure, on: &response)
                return response
            } catch let error as FormError {
                return context.error(.badRequest, "The request cannot be read: \(error).", for: request)
            }
        }
    }

    private func respond(to request: WebRequest, _ outcome: LogoutOutcome) -> WebResponse {
        switch outcome {
        case .again(let sealed): return .redirect("\(context.path)/logout?request=\(sealed)")
        case .ask(let clientName, let sealed, let uiLocales):
            let page = LogoutPage(postURL: context.path + "/logout/confirm", clientName: clientName, request: sealed)
            return context.page(context.pages.logout(page, language: context.language(of: request, uiLocales: uiLocales)))
        case .leave(.address(let url)): return .redirect(url)
        case .leave(.form(let action, let fields)): return context.form(to: action, fields, for: request)
        case .returned(let state):
            return .redirect("\(context.path)/logout/callback?state=\(PercentEncoding.encode(state))")
        case .end(let location): return .redirect(location)
        case .signedOut(let uiLocales):
            return context.page(context.pages.loggedOut(language: context.language(of: request, uiLocales: uiLocales)))
        case .refuse(let error): return context.error(error, for: request)
        }
    }
}
