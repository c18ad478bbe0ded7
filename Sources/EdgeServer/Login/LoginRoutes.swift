public import Bytes
public import Edge
import HTTPTypes
import OpenIDConnect
public import Pages
public import Web

/// The addresses of the edge's login, below a prefix such as `/oauth2`: `start`, `callback`, `sign_in`, `sign_out`, `signed_out`,
/// and the files that its pages need at whatever host they are shown.
public struct LoginRoutes: Sendable {
    private let flow: LoginFlow
    private let context: RouteContext
    private let files: [ExactText: StaticFile]
    private let trustedProxies: ClientAddressRule

    /// - Parameters:
    ///   - context: its pages' theme has the login's prefix as path.
    ///   - files: by path below the prefix: `/static/main.css`.
    ///   - trustedProxies: who may say what the browser asked for.
    public init(
        flow: LoginFlow, context: RouteContext, files: [ExactText: StaticFile],
        trustedProxies: ClientAddressRule
    ) {
        self.flow = flow
        self.context = context
        self.files = files
        self.trustedProxies = trustedProxies
    }

    private var prefix: String { flow.settings.prefix }

    public var routes: [Route] {
        var all = [
            route([.get], "/start", start),
            route([.get], LoginSettings.callbackPage, callback),
            route([.get], "/sign_in", signIn),
            route([.get, .post], "/sign_out", signOut),
            route([.get], LoginSettings.signedOutPage, signedOut),
        ]
        for (path, file) in files {
            all.append(
                Route([.get], prefix + path.text, name: "/oauth2/static/", audience: .people) { _ in
                    WebResponse(
                        status: .ok,
                        headers: [.contentType: file.contentType, .eTag: file.etag, .cacheControl: "public, max-age=3600"],
                        body: file.bytes)
                })
        }
        return all
    }

    private func route(
        _ methods: [HTTPRequest.Method], _ path: String, _ handle: @escaping @Sendable (WebRequest) async throws -> WebResponse
    ) -> Route {
        Route(methods, prefix + path, name: "/oauth2" + path, audience: .people) { request in
            var response = try await handle(request)
            response.headers[.cacheControl] = "no-store"
            return response
        }
    }

    private func start(_ request: WebRequest) async throws -> WebResponse {
        await redirect(request) { visit throws(LoginFlow.Failure) in
            try await flow.start(visit)
        } retry: { visit in
            "/start?rd=" + PercentEncoding.encode(flow.target(of: visit))
        }
    }

    private func callback(_ request: WebRequest) async throws -> WebResponse {
        await redirect(request) { visit throws(LoginFlow.Failure) in
            try await flow.finish(visit)
        } retry: { visit in
            "/start" + (await flow.firstTarget(of: visit).map { "?rd=" + PercentEncoding.encode($0) } ?? "")
        }
    }

    private func signOut(_ request: WebRequest) async throws -> WebResponse {
        await redirect(request) { visit throws(LoginFlow.Failure) in
            try await flow.signOut(visit)
        } retry: { visit in
            signOutPath(visit)
        }
    }

    private func signOutPath(_ visit: LoginFlow.Visit) -> String {
        "/sign_out?rd=" + PercentEncoding.encode(flow.target(of: visit))
    }

    /// Whether the person wants to sign out.
    private func question(_ visit: LoginFlow.Visit, _ request: WebRequest) -> WebResponse {
        let page = LogoutPage(postURL: prefix + signOutPath(visit), request: flow.signOutConfirmation(visit))
        return context.page(context.pages.logout(page, language: context.language(of: request)))
    }

    private func signedOut(_ request: WebRequest) async throws -> WebResponse {
        .redirect(flow.signedOut(visit(request)).location, status: .found)
    }

    private func signIn(_ request: WebRequest) async throws -> WebResponse {
        let visit = self.visit(request)
        var response = context.page(
            context.pages.edgeSignIn(
                EdgeSignInPage(startPath: prefix + "/start", target: flow.target(of: visit)),
                language: context.language(of: request)))
        add(await flow.cookiesOfSignIn(visit), to: &response)
        return response
    }

    /// - Parameter retry: the address below the prefix at which the person may try again.
    private func redirect(
        _ request: WebRequest, _ work: (LoginFlow.Visit) async throws(LoginFlow.Failure) -> LoginFlow.Redirect,
        retry: (LoginFlow.Visit) async -> String
    ) async -> WebResponse {
        let visit = self.visit(request)
        do throws(LoginFlow.Failure) {
            let redirect = try await work(visit)
            var response = WebResponse.redirect(redirect.location, status: request.method == .post ? .seeOther : .found)
            add(redirect.cookies, to: &response)
            return response
        } catch {
            if error == .unconfirmed { return question(visit, request) }
            return page(error, request, retryPath: prefix + (await retry(visit)))
        }
    }

    private func add(_ cookies: [String], to response: inout WebResponse) {
        for cookie in cookies { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
    }

    private func page(_ failure: LoginFlow.Failure, _ request: WebRequest, retryPath: String) -> WebResponse {
        let (status, reason): (HTTPResponse.Status, EdgeFailurePage.Reason) =
            switch failure {
            case .unknownAttempt: (.forbidden, .expired)
            case .declined: (.forbidden, .declined)
            case .refused: (.forbidden, .refused)
            case .unknownHost: (.badRequest, .unknownHost)
            case .unavailable: (.serviceUnavailable, .unavailable)
            case .tooLarge: (.internalServerError, .tooLarge)
            case .unconfirmed: (.forbidden, .refused)
            }
        let canRetry = failure != .unknownHost && failure != .tooLarge
        var response = context.page(
            context.pages.edgeFailure(
                EdgeFailurePage(reason: reason, retryPath: canRetry ? retryPath : nil, requestID: request.id),
                language: context.language(of: request)), status: status)
        if status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
        return response
    }

    // MARK: Requests

    /// What only a proxy may say is left out where nobody trusts the peer.
    private static let proxyHeaders = [
        "x-auth-request-redirect", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri",
    ]

    private func visit(_ request: WebRequest) -> LoginFlow.Visit {
        var headers = EdgeHeaders(request.headers.map { (name: $0.name.rawName, value: $0.value) })
        if !trustedProxies.isTrusted(peer: request.peerAddress) { for name in Self.proxyHeaders { headers.remove(name) } }
        let scheme = headers.only("x-forwarded-proto")?.asciiLowercased
        let host = headers.only("x-forwarded-host") ?? headers.only("host") ?? ""
        return LoginFlow.Visit(
            scheme: scheme == "https" || scheme == "http" ? scheme ?? "" : context.isSecure ? "https" : "http",
            host: host.asciiLowercased, headers: headers, parameters: parameters(request))
    }

    private func parameters(_ request: WebRequest) -> [(name: String, value: String)] {
        // A query that cannot be read has no parameters: the browser is sent to the page that needs none.
        let query = (try? FormFields(parsing: request.rawQuery))?.fields ?? []
        guard request.method == .post else { return query }
        return query + ((try? FormFields(parsing: request.body))?.fields ?? [])
    }
}
