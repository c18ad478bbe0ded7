import Bytes
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

    /// The question is the request itself, perhaps behind a prefix of the path: Envoy's HTTP service.
    /// - Parameters:
    ///   - path: without the prefix.
    ///   - believesCertificate: whether `x-forwarded-client-cert` is Envoy's, which removes the client's own.
    func own(_ question: WebRequest, path: String, believesCertificate: Bool) throws(UnknownQuestion) -> EdgeRequest {
        guard let host = Self.host(of: question).flatMap({ Authority($0) }) else {
            throw UnknownQuestion("Host is none that everybody reads alike")
        }
        try Self.check(target: question.path, question.rawQuery)
        let isTrusted = trusted.isTrusted(peer: question.peerAddress)
        return EdgeRequest(
            method: question.method.rawValue, scheme: isTrusted ? try scheme(question) ?? "http" : "http", host: host.text,
            path: path,
            query: question.rawQuery, headers: headers(of: question, believesCertificate: isTrusted && believesCertificate),
            clientAddress: question.clientAddress, peerAddress: question.peerAddress)
    }

    /// The question is about another request, which headers tell of.
    func told(_ question: WebRequest, by dialect: ProxyDialect?) throws(UnknownQuestion) -> EdgeRequest {
        guard trusted.isTrusted(peer: question.peerAddress) else {
            throw UnknownQuestion(
                "\(question.peerAddress) asks about another request and is no trusted proxy; name it in edge.trustedProxies")
        }
        var told: Told
        if let dialect {
            told = try read(question, dialect)
        } else {
            let found = try detect(question)
            told = try read(question, found)
            // oauth2-proxy's recipe for nginx sets the path only.
            if found == .traefik { told.host = Self.host(of: question) }
            try doubtMethod(&told, of: found)
        }
        guard let host = told.host, !host.isEmpty else { throw UnknownQuestion("the proxy does not say which host is asked for") }
        guard let authority = Authority(host) else {
            throw UnknownQuestion("the host that is asked for is none that everybody reads alike")
        }
        if told.path == nil, needsPath {
            throw UnknownQuestion(
                "the proxy does not say which path is asked for; let it set X-Original-URI (nginx) or X-Forwarded-Uri")
        }
        if told.method == nil, needsMethod {
            throw UnknownQuestion(
                "the proxy does not say with which method; let it set X-Original-Method (nginx) or X-Forwarded-Method")
        }
        return EdgeRequest(
            method: told.method ?? "GET", scheme: told.scheme ?? "http", host: authority.text, path: told.path ?? "/",
            query: told.query, headers: headers(of: question, believesCertificate: false), clientAddress: question.clientAddress,
            peerAddress: question.peerAddress)
    }

    private func read(_ question: WebRequest, _ dialect: ProxyDialect) throws(UnknownQuestion) -> Told {
        switch dialect {
        case .nginx:
            return try Told(
                target: value("X-Original-URI", question), method: value("X-Original-Method", question),
                host: Self.host(of: question), scheme: scheme(question))
        case .ingressNginx:
            let told = try Told(url: value("X-Original-URL", question), method: value("X-Original-Method", question))
            // nginx chooses the server by an absolute target's host, and puts the field's into the URL.
            if let chosen = try value("X-Original-Host", question) {
                let host = told.host.flatMap { Authority($0)?.host }
                guard let host, let chosen = Authority(chosen)?.host, chosen.hasSameBytes(as: host) else {
                    throw UnknownQuestion("X-Original-Host and X-Original-URL name different hosts")
                }
            }
            return told
        case .traefik, .caddy, .haproxy, .apache:
            return try Told(
                target: value("X-Forwarded-Uri", question), method: value("X-Forwarded-Method", question),
                host: value("X-Forwarded-Host", question), scheme: scheme(question))
        }
    }

    /// oauth2-proxy's address serves everybody: what is there must be one proxy's, and only that.
    private func detect(_ question: WebRequest) throws(UnknownQuestion) -> ProxyDialect {
        let url = question.headers[Self.name("X-Original-URL")] != nil
        let uri = question.headers[Self.name("X-Original-URI")] != nil
        let forwarded = question.headers[Self.name("X-Forwarded-Uri")] != nil
        switch (url, uri, forwarded) {
        case (true, false, false):
            // Where no path is needed, a proxy may tell by `Host` alone, and the URL be the client's.
            if !needsPath, let told = try Told(url: value("X-Original-URL", question), method: nil).host,
                Self.host(of: question).flatMap({ Authority($0) }) != Authority(told)
            {
                throw UnknownQuestion(
                    "X-Original-URL and Host differ; write edge.proxy: ingress-nginx, or let the proxy ask at …/auth/ingress-nginx"
                )
            }
            return .ingressNginx
        case (false, true, false), (false, false, false): return .nginx
        case (false, false, true):
            // A host there would be the client's own word.
            if let told = try value("X-Forwarded-Host", question),
                !told.hasSameBytesFoldingASCII(as: Self.host(of: question) ?? "")
            {
                throw UnknownQuestion(
                    "X-Forwarded-Host and Host differ; write edge.proxy: traefik, or let the proxy ask at …/auth/traefik")
            }
            return .traefik
        default:
            throw UnknownQuestion(
                "headers of several proxies say what is asked for; write which proxy it is, as in edge.proxy: nginx")
        }
    }

    /// Where no proxy is named, a method may be the client's own word: recipes for nginx, oauth2-proxy's among them, tell none. With
    /// `X-Original-URL` it is the controller's, which sets both. But nobody is let through as a preflight on such a word.
    private func doubtMethod(_ told: inout Told, of dialect: ProxyDialect) throws(UnknownQuestion) {
        let named = "write edge.proxy, or let the proxy ask at its own address, as in …/auth/\(dialect.rawValue)"
        if dialect == .ingressNginx {
            guard told.method != "OPTIONS" else {
                throw UnknownQuestion("the method OPTIONS is believed from a named proxy only; " + named)
            }
        } else {
            guard !needsMethod else {
                throw UnknownQuestion("policies look at methods, which are believed from a named proxy only; " + named)
            }
            told.method = nil
        }
    }

    // MARK: Headers

    private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .cookie }

    /// The `Host` field, or HTTP/2's `:authority`.
    private static func host(of question: WebRequest) -> String? { question.headers[name("Host")] }

    /// The only value of a field.
    private func value(_ name: String, _ question: WebRequest) throws(UnknownQuestion) -> String? {
        let values = question.headers[values: Self.name(name)]
        guard values.count <= 1 else { throw UnknownQuestion("there are several fields \(name)") }
        return values.first.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func scheme(_ question: WebRequest) throws(UnknownQuestion) -> String? {
        guard let value = try value("X-Forwarded-Proto", question) else { return nil }
        switch value {
        case "http", "https": return value
        // Traefik says this of a request that opens a WebSocket.
        case "ws": return "http"
        case "wss": return "https"
        default: throw UnknownQuestion("X-Forwarded-Proto is neither http nor https")
        }
    }

    /// Certificates come from Envoy alone: the other proxies, in their recipes, write no such header, so that it is the client's.
    private func headers(of question: WebRequest, believesCertificate: Bool) -> EdgeHeaders {
        var headers = EdgeHeaders(question.headers.map { (name: $0.name.canonicalName, value: $0.value) })
        if !believesCertificate { headers.remove("x-forwarded-client-cert") }
        return headers
    }

    /// What is no URL (RFC 3986 §2), one reader takes for something else than the other.
    fileprivate static func check(target parts: String...) throws(UnknownQuestion) {
        for part in parts {
            guard part.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw UnknownQuestion("the target that is told has characters that must be percent-encoded")
            }
        }
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
        if let target { try split(target[...]) }
    }

    /// An absolute URL, as it was put together: scheme, what the client called the host, and its target from the first slash on.
    init(url: String?, method: String?) throws(UnknownQuestion) {
        self.method = method
        guard let url else { return }
        let rest: Substring
        if let behind = url.afterBytes(of: "https://") {
            (scheme, rest) = ("https", behind)
        } else if let behind = url.afterBytes(of: "http://") {
            (scheme, rest) = ("http", behind)
        } else {
            throw UnknownQuestion("X-Original-URL is no http URL")
        }
        guard let slash = rest.firstByte("/") else { throw UnknownQuestion("X-Original-URL has no path") }
        host = String(rest[..<slash])
        try split(rest[slash...])
    }

    private mutating func split(_ target: Substring) throws(UnknownQuestion) {
        guard target.startsWithByte("/") else { throw UnknownQuestion("the target that is told does not begin with /") }
        try ForwardedRequests.check(target: String(target))
        let parts = target.cut(at: "?", most: 1)
        // These proxies pass on what the client sent, whatever they have taken it for themselves.
        if let reason = SentPath.refusal(of: parts[0]) { throw UnknownQuestion(reason) }
        path = String(parts[0])
        query = parts.count == 2 ? String(parts[1]) : ""
    }
}
