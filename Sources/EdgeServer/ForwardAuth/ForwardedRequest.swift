import Edge
import HTTPTypes
import Web

/// Why it is not known what a proxy asks about. The text is for operators.
struct UnknownQuestion: Error, Sendable, Hashable {
    let text: String

    init(_ text: String) { self.text = text }
}

/// Reads a proxy's question: what does the client want?
struct ForwardedRequests: Sendable {
    /// Whose `X-Forwarded-…` is believed.
    let trusted: ClientAddressRule
    /// What policies look at: whether it can be done without.
    let needsMethod: Bool
    let needsPath: Bool

    /// The question is the request itself, behind a prefix of the path: Envoy's HTTP service.
    /// - Parameter path: without the prefix.
    func own(_ question: WebRequest, path: String) -> EdgeRequest {
        let isTrusted = trusted.isTrusted(peer: question.peerAddress)
        return EdgeRequest(
            method: question.method.rawValue, scheme: isTrusted ? scheme(question) ?? "http" : "http",
            host: (question.host ?? "").lowercased(), path: path, query: question.rawQuery,
            headers: headers(of: question, isTrusted: isTrusted), clientAddress: question.clientAddress,
            peerAddress: question.peerAddress)
    }

    /// The question is about another request, which headers tell of.
    func told(_ question: WebRequest, by dialect: ProxyDialect?) throws(UnknownQuestion) -> EdgeRequest {
        guard trusted.isTrusted(peer: question.peerAddress) else {
            throw UnknownQuestion(
                "\(question.peerAddress) asks about another request and is no trusted proxy; name it in edge.trustedProxies")
        }
        let told: Told
        let chosen = if let dialect { dialect } else { try detect(question) }
        switch chosen {
        case .nginx:
            told = try Told(
                target: value("X-Original-URI", question), method: value("X-Original-Method", question),
                host: question.host, scheme: scheme(question))
        case .ingressNginx: told = try Told(url: value("X-Original-URL", question), method: value("X-Original-Method", question))
        case .traefik, .caddy, .haproxy, .apache:
            told = try Told(
                target: value("X-Forwarded-Uri", question), method: value("X-Forwarded-Method", question),
                host: value("X-Forwarded-Host", question) ?? question.host, scheme: scheme(question))
        }
        guard let host = told.host, !host.isEmpty else { throw UnknownQuestion("the proxy does not say which host is asked for") }
        if told.path == nil, needsPath {
            throw UnknownQuestion(
                "the proxy does not say which path is asked for; let it set X-Original-URI (nginx) or X-Forwarded-Uri")
        }
        if told.method == nil, needsMethod {
            throw UnknownQuestion(
                "the proxy does not say with which method; let it set X-Original-Method (nginx) or X-Forwarded-Method")
        }
        return EdgeRequest(
            method: told.method ?? "GET", scheme: told.scheme ?? "http", host: host.lowercased(), path: told.path ?? "/",
            query: told.query, headers: headers(of: question, isTrusted: true), clientAddress: question.clientAddress,
            peerAddress: question.peerAddress)
    }

    /// oauth2-proxy's address serves everybody: what is there must be one proxy's, and only that.
    private func detect(_ question: WebRequest) throws(UnknownQuestion) -> ProxyDialect {
        let url = question.headers[Self.name("X-Original-URL")] != nil
        let uri = question.headers[Self.name("X-Original-URI")] != nil
        let forwarded = question.headers[Self.name("X-Forwarded-Uri")] != nil
        switch (url, uri, forwarded) {
        case (true, false, false): return .ingressNginx
        case (false, true, false), (false, false, false): return .nginx
        case (false, false, true):
            // oauth2-proxy's recipe for nginx sets the path only; a host there would be the client's own word.
            if let told = try value("X-Forwarded-Host", question), told.lowercased() != question.host?.lowercased() {
                throw UnknownQuestion(
                    "X-Forwarded-Host and Host differ; write edge.proxy: traefik, or let the proxy ask at …/auth/traefik")
            }
            return .traefik
        default:
            throw UnknownQuestion(
                "headers of several proxies say what is asked for; write which proxy it is, as in edge.proxy: nginx")
        }
    }

    // MARK: Headers

    private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .cookie }

    /// The only value of a field.
    private func value(_ name: String, _ question: WebRequest) throws(UnknownQuestion) -> String? {
        let values = question.headers[values: Self.name(name)]
        guard values.count <= 1 else { throw UnknownQuestion("there are several fields \(name)") }
        return values.first.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func scheme(_ question: WebRequest) -> String? {
        let values = question.headers[values: Self.name("X-Forwarded-Proto")]
        guard let value = values.first?.lowercased(), values.count == 1, value == "http" || value == "https" else { return nil }
        return value
    }

    /// What only a trusted proxy may say is not there for others.
    private func headers(of question: WebRequest, isTrusted: Bool) -> EdgeHeaders {
        var headers = EdgeHeaders(question.headers.map { (name: $0.name.canonicalName, value: $0.value) })
        if !isTrusted { headers.remove("x-forwarded-client-cert") }
        return headers
    }
}

/// What a proxy's headers say.
private struct Told {
    var method: String?
    var scheme: String?
    var host: String?
    var path: String?
    var query = ""

    init(target: String?, method: String?, host: String?, scheme: String?) throws(UnknownQuestion) {
        self.method = method
        self.scheme = scheme
        self.host = host
        if let target { try split(target) }
    }

    /// An absolute URL.
    init(url: String?, method: String?) throws(UnknownQuestion) {
        self.method = method
        guard let url else { return }
        guard let mark = url.firstRange(of: "://"), url[..<mark.lowerBound] == "http" || url[..<mark.lowerBound] == "https" else {
            throw UnknownQuestion("X-Original-URL is no http URL")
        }
        scheme = String(url[..<mark.lowerBound])
        let rest = url[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard !rest[..<end].contains("@") else { throw UnknownQuestion("X-Original-URL names a user") }
        host = String(rest[..<end])
        let target = String(rest[end...])
        try split(target.hasPrefix("/") ? target : "/" + target)
    }

    private mutating func split(_ target: String) throws(UnknownQuestion) {
        guard target.utf8.first == UInt8(ascii: "/") else {
            throw UnknownQuestion("the target that is told does not begin with /")
        }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw UnknownQuestion("the target that is told has characters that must be percent-encoded")
        }
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        path = String(target[..<mark])
        query = mark == target.endIndex ? "" : String(target[target.utf8.index(after: mark)...])
    }
}

extension WebRequest {
    /// The `Host` field, or HTTP/2's `:authority`.
    fileprivate var host: String? { HTTPField.Name("Host").flatMap { headers[$0] } }
}
