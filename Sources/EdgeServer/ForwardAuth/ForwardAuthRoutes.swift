import Bytes
import Edge
import HTTPTypes
import Logging
public import Web

/// The addresses at which proxies ask: `{prefix}/auth` and its dialects, and ``AskedPaths`` for Envoy.
public struct ForwardAuthRoutes: Sendable {
    private let parts: EdgeParts
    private let remembered: RememberedAnswers

    /// - Parameter remembered: of the listener that serves these routes, and of no other: what is a question on one listener
    ///   is a page on another.
    public init(_ parts: EdgeParts, remembered: RememberedAnswers) {
        self.parts = parts
        self.remembered = remembered
    }

    private var forwarded: ForwardedRequests {
        let gate = parts.answers.gate
        return ForwardedRequests(
            trusted: parts.trustedProxies, needsMethod: gate.looksAtMethods, needsPath: gate.looksAtPaths)
    }

    /// oauth2-proxy's `userinfo`.
    public var userInfo: Route {
        Route([.get], parts.prefix + "/userinfo", name: "/oauth2/userinfo", audience: .programs) { await userInfo($0) }
    }

    public var routes: [Route] {
        let prefix = parts.prefix
        var routes = [
            route(nil, prefix + "/auth") { read($0, parts.dialect) }
        ]
        for dialect in ProxyDialect.allCases {
            routes.append(route(nil, prefix + "/auth/" + dialect.rawValue) { read($0, dialect) })
        }
        return routes
    }

    /// Everything else: Envoy's questions.
    public func fallback(_ asked: AskedPaths) -> Route {
        route("/check", "/") { request in
            guard let path = asked.path(of: request.path) else {
                return .none(.text("404 page not found\n", status: .notFound))
            }
            // The edge's own prefix is where everybody is led without a question: by proxies that write no certificates, too.
            let isOwn = request.path.startsWithBytes(of: parts.prefix + "/")
            do throws(UnknownQuestion) {
                var question = Question(
                    request: try forwarded.own(request, path: path.path, believesCertificate: !isOwn), name: "/check")
                question.otherwise = path.otherwise
                return checked(question)
            } catch {
                return unknown(error.text)
            }
        }
    }

    /// What a proxy wants to know.
    private struct Question {
        let request: EdgeRequest
        let name: String
        /// A path that may be meant instead: both must be allowed.
        var otherwise: String?
        var allowed: AllowedList?
        /// The status of a yes.
        var status = HTTPResponse.Status.ok
        var passesRedirects = true
        var resolvesRedirects = false

        var otherRequest: EdgeRequest? {
            otherwise.map { path in
                var other = request
                other.path = path
                return other
            }
        }

        func allows(_ identity: EdgeIdentity?) -> Bool { allowed?.allows(identity) ?? true }
    }

    private enum Reading {
        case question(Question)
        /// There is none, and this is the answer.
        case none(WebResponse)
    }

    /// A route whose questions are answered on the event loop if they can be.
    private func route(
        _ name: String?, _ pattern: String, _ read: @escaping @Sendable (WebRequest) -> Reading
    ) -> Route {
        Route(
            nil, pattern, name: name, audience: .programs, isBare: true,
            now: { request in
                let note = remembered.note(request)
                switch read(request) {
                case .none(let response): return response
                case .question(let question):
                    guard let answer = parts.answers.answerNow(question.request, allowing: question.allows) else { return nil }
                    if let other = question.otherRequest, answer.isAllowed {
                        guard let second = parts.answers.answerNow(other) else { return nil }
                        guard second.isAllowed else { return unknown(Self.twoReadings) }
                    }
                    return response(answer, to: question, as: note)
                }
            }
        ) { request in
            let note = remembered.note(request)
            switch read(request) {
            case .none(let response): return response
            case .question(let question):
                let answer = await parts.answers.answer(question.request, allowing: question.allows)
                if let other = question.otherRequest, answer.isAllowed {
                    guard await parts.answers.answer(other).isAllowed else { return unknown(Self.twoReadings) }
                }
                return response(answer, to: question, as: note)
            }
        }
    }

    private static let twoReadings =
        "a path behind /check may be the client's own; write edge.pathPrefix: /check, or edge.pathPrefix: / if the proxy asks with "
        + "the client's path"

    private func checked(_ question: Question) -> Reading {
        guard !parts.webSockets.allowAsked(question.request) else { return .question(question) }
        parts.logger.info(
            "a page of another origin may not open a WebSocket",
            metadata: ["origin": "\(question.request.headers.first("origin") ?? "")", "host": "\(question.request.host)"])
        var response = WebResponse.text(ProxyFailure.foreignOrigin.text, status: .forbidden)
        response.headers[.cacheControl] = "no-store"
        return .none(response)
    }

    private func read(_ web: WebRequest, _ dialect: ProxyDialect?) -> Reading {
        do {
            // oauth2-proxy says 202 to a proxy that it does not know; nginx, Traefik and Caddy take any 2xx.
            return checked(
                Question(
                    request: try forwarded.told(web, by: dialect), name: "/auth", allowed: try AllowedList(query: web.rawQuery),
                    status: dialect == nil ? .accepted : .ok, passesRedirects: dialect?.passesRedirects == true,
                    resolvesRedirects: dialect?.resolvesRedirects == true))
        } catch {
            return unknown((error as? UnknownQuestion)?.text ?? "its query: \(error)")
        }
    }

    private func unknown(_ reason: String) -> WebResponse {
        parts.logger.error("a proxy's question cannot be answered", metadata: ["reason": .string(reason)])
        var response = WebResponse.text("it is not known what is asked for; the log of the edge says why\n", status: .forbidden)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func unknown(_ reason: String) -> Reading { .none(unknown(reason)) }

    /// nginx would make an error page of a redirect; where to go the proxy knows, or reads in `X-Auth-Request-Redirect`.
    private static func unauthorized(_ redirect: EdgeAnswer) -> EdgeAnswer {
        var answer = redirect
        answer.status = 401
        answer.clientHeaders.removeAll { $0.name == "location" }
        answer.clientHeaders.append(.init("www-authenticate", #"Bearer realm="dextra""#))
        answer.body = Array("authentication is needed\n".utf8)
        return answer
    }

    /// A redirect to a path becomes one to that path at the host which the client has asked.
    static func resolved(_ answer: EdgeAnswer, at request: EdgeRequest) -> EdgeAnswer {
        var answer = answer
        for index in answer.clientHeaders.indices
        where answer.clientHeaders[index].name == "location" && answer.clientHeaders[index].value.startsWithByte("/") {
            answer.clientHeaders[index].value = "\(request.scheme)://\(request.host)" + answer.clientHeaders[index].value
        }
        return answer
    }

    /// - Parameter note: a yes is remembered under it.
    private func response(_ given: EdgeAnswer, to question: Question, as note: RememberedAnswers.Note?) -> WebResponse {
        var answer = given.status == 302 && !question.passesRedirects ? Self.unauthorized(given) : given
        if question.resolvesRedirects { answer = Self.resolved(answer, at: question.request) }
        let status = answer.isAllowed ? question.status : HTTPResponse.Status(code: answer.status)
        var response = WebResponse(status: status, body: answer.body)
        for field in answer.upstreamHeaders + answer.clientHeaders {
            if let name = HTTPField.Name(field.name) { response.headers.append(HTTPField(name: name, value: field.value)) }
        }
        if answer.isAllowed {
            response.headers[.cacheControl] = "no-store"
            if let field = HTTPField.Name("x-envoy-auth-headers-to-remove") {
                response.headers[field] = answer.removedHeaders.joined(separator: ", ")
            }
            if let note, let validUntil = answer.validUntil {
                remembered.remember(response, name: question.name, validUntil: validUntil, as: note)
            }
        }
        return response
    }

    private func userInfo(_ question: WebRequest) async -> WebResponse {
        let asked: EdgeRequest
        do throws(UnknownQuestion) {
            // Proxies of all kinds lead clients here, and few of them write certificates.
            asked = try forwarded.own(question, path: question.path, believesCertificate: false)
        } catch {
            return WebResponse(status: .badRequest, headers: [.cacheControl: "no-store"])
        }
        let found: (identity: EdgeIdentity, setCookies: [String])
        switch await parts.answers.gate.identify(asked) {
        case .identity(let identity): found = (identity, [])
        case .renewed(let identity, let setCookies): found = (identity, setCookies)
        case .invalid, nil:
            return WebResponse(
                status: .unauthorized, headers: [.cacheControl: "no-store", .wwwAuthenticate: #"Bearer realm="dextra""#])
        case .unavailable:
            return WebResponse(status: .serviceUnavailable, headers: [.cacheControl: "no-store", .retryAfter: "1"])
        }
        var response = WebResponse.json(serialized: UserInfoAnswer.body(found.identity))
        for cookie in found.setCookies { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
