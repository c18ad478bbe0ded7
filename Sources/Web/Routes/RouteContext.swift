public import Bytes
public import HTTPTypes
import JOSE
import OpenIDConnect
public import Pages

/// What every route of the provider needs to turn requests into values and values into answers.
public struct RouteContext: Sendable {
    public let pages: Pages
    /// The path of the issuer's URL, in front of every route: `/dex`, or empty.
    public let path: String
    /// The issuer is `https`: cookies are `Secure`.
    public let isSecure: Bool
    /// The theme's logo, for the content security policy.
    public let logoURL: String?
    /// Names of the files below `/static/`, among which a connector's picture may be.
    public let staticFiles: Set<ExactText>

    public init(pages: Pages, path: String, isSecure: Bool, logoURL: String?, staticFiles: Set<ExactText> = []) {
        self.pages = pages
        self.path = path
        self.isSecure = isSecure
        self.logoURL = logoURL
        self.staticFiles = staticFiles
    }

    /// Where the picture of a connector is.
    func icon(id: String, type: String) -> String? {
        ConnectorIcons.file(id: id, type: type, among: staticFiles).map { path + "/static/" + PercentEncoding.encode($0) }
    }

    // MARK: Requests

    public func language(of request: WebRequest, uiLocales: [String] = []) -> Language {
        .negotiate(acceptLanguage: request.headers[.acceptLanguage], uiLocales: uiLocales)
    }

    /// The cookie that a sign-in is bound to. `__Host-` keeps other hosts of the domain from setting it.
    var browserCookie: String { isSecure ? "__Host-dextra" : "dextra" }

    func browser(of request: WebRequest) -> BrowserBinding? {
        request.cookie(browserCookie).flatMap { $0.utf8.count == 22 ? BrowserBinding(secret: $0) : nil }
    }

    /// - Throws: when a name or path could not be written, which the issuer's check excludes.
    func set(browserSecret: String, on response: inout WebResponse) throws(SetCookieError) {
        response.set(
            try SetCookie(
                name: browserCookie, value: browserSecret, path: isSecure || path.isEmpty ? "/" : path, secure: isSecure))
    }

    /// Who has logged in with this browser, for their logout. It goes when the browser is closed.
    var loginsCookie: String { browserCookie + "-logins" }

    /// The logout that has sent this browser to another site.
    var departureCookie: String { browserCookie + "-logout" }

    func set(_ name: String, to change: LogoutAnswer.Change, on response: inout WebResponse) throws(SetCookieError) {
        let value: String
        switch change {
        case .keep: return
        case .set(let text): value = text
        case .clear: value = ""
        }
        response.set(
            try SetCookie(
                name: name, value: value, path: isSecure || path.isEmpty ? "/" : path, maxAge: change == .clear ? 0 : nil,
                secure: isSecure))
    }

    // MARK: Answers

    /// A page whose form sends itself; without JavaScript the person presses its button.
    func form(to action: String, _ fields: [ConnectorDestination.Field], for request: WebRequest) -> WebResponse {
        let fields = fields.map { FormPostPage.Field(name: $0.name, value: $0.value) }
        guard let page = FormPostPage(redirectURI: action, fields: fields) else {
            return error(.badRequest, "A form cannot be posted to \(action).", for: request)
        }
        var answer = self.page(pages.formPost(page, language: language(of: request)))
        answer.headers[.contentSecurityPolicy] = ContentSecurityPolicy.formPost
        return answer
    }

    public func page(_ html: [UInt8], status: HTTPResponse.Status = .ok, images: [String] = []) -> WebResponse {
        WebResponse(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .contentSecurityPolicy: ContentSecurityPolicy.page(images: images + (logoURL.map { [$0] } ?? [])),
            ], body: html)
    }

    func error(_ error: PageError, for request: WebRequest) -> WebResponse {
        let status: HTTPResponse.Status =
            switch error.kind {
            case .invalid, .finished: .badRequest
            case .forbidden: .forbidden
            case .unavailable: .serviceUnavailable
            case .failed: .internalServerError
            }
        return self.error(status, error.message, isFinished: error.kind == .finished, for: request)
    }

    /// - Parameter isFinished: the sign-in has had its answer.
    public func error(
        _ status: HTTPResponse.Status, _ message: String, isFinished: Bool = false, for request: WebRequest
    ) -> WebResponse {
        var response = page(
            pages.error(
                ErrorPage(
                    status: status.code, title: status.reasonPhrase, message: message, requestID: request.id,
                    isFinished: isFinished),
                language: language(of: request)), status: status)
        if status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
        return response
    }
}

extension RequestParameters {
    init(_ fields: FormFields) {
        self.init(fields.fields)
    }
}

extension WebRequest {
    /// Whether the body is a form (RFC 6749 §3.2 asks for one).
    var isForm: Bool {
        guard let type = headers[.contentType]?.cut(at: ";").first else { return false }
        return type.trimmedOfOptionalWhitespace.hasSameBytesFoldingASCII(as: "application/x-www-form-urlencoded")
    }
}
