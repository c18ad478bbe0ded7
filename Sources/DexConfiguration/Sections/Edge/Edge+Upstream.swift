import Bytes

extension Configuration.Edge {
    /// A backend of the reverse proxy.
    public struct Upstream: Sendable, Hashable {
        public enum Scheme: String, Sendable, Hashable {
            /// HTTP/1.1 in clear.
            case http
            /// TLS, with HTTP/2 where the backend speaks it.
            case https
            /// HTTP/2 in clear.
            case h2c
        }

        /// Where it is. Paths are those of the requests.
        public struct Address: Sendable, Hashable {
            public var scheme: Scheme
            /// Without brackets.
            public var host: String
            public var port: UInt16
        }

        /// In lower case, without a port; `*.example.com` is every host below it; nil: any host.
        public var host: String?
        /// Requests with this path, or one below it, go there.
        public var path: String
        public var url: Address
        /// Whether ``path`` is taken off.
        public var stripPrefix: Bool
        /// Whether the backend sees the client's `Host`.
        public var passHost: Bool
        /// Authorities in PEM besides the system's.
        public var certificateAuthority: String?
        public var insecureSkipVerify: Bool
        /// Origins in lower case whose pages may open WebSockets there.
        public var allowedOrigins: [String]
        /// Requests under way.
        public var maxRequests: Int
        public var connectTimeout: Duration
        /// From the end of the request to the head of the answer.
        public var responseTimeout: Duration
        /// Without a byte in either direction.
        public var idleTimeout: Duration
    }
}

extension Configuration.Edge.Upstream {
    static var schema: Schema<Self> {
        .mapping { keys in
            let host = keys("host", .hostPattern)
            let path = keys("path", .pathPrefix, default: "/")
            let url = keys.required("url", .upstreamAddress, hint: "write for example http://127.0.0.1:9000")
            let stripPrefix = keys("stripPrefix", .bool, default: false)
            let passHost = keys("passHost", .bool, default: true)
            let authority = keys("rootCA", .certificateAuthority)
            let insecure = keys("insecureSkipVerify", .bool, default: false)
            let origins = keys("allowedOrigins", .list(of: .webOrigin), default: [])
            let maxRequests = keys("maxRequests", .integer(in: 1...1_000_000), default: 1024)
            let connect = keys("connectTimeout", .positiveDuration, default: .seconds(5))
            let response = keys("responseTimeout", .positiveDuration, default: .seconds(300))
            let idle = keys("idleTimeout", .positiveDuration, default: .seconds(300))
            guard let url else { return nil }
            if url.scheme != .https {
                for name in ["rootCA", "insecureSkipVerify"] {
                    if let written = keys[name] { keys.loading.warning("not used, because url is not https", at: written) }
                }
            }
            return Self(
                host: host, path: path, url: url, stripPrefix: stripPrefix, passHost: passHost, certificateAuthority: authority,
                insecureSkipVerify: insecure, allowedOrigins: origins, maxRequests: maxRequests, connectTimeout: connect,
                responseTimeout: response, idleTimeout: idle)
        }
    }
}

extension Schema<String> {
    /// `models.example.com` or `*.example.com`.
    fileprivate static var hostPattern: Schema {
        text.map { text throws(Mistake) in
            let below = text.afterBytes(of: "*.")
            guard let authority = Authority(below ?? text[...]), authority.port == nil, below == nil || !text.containsByte("[")
            else {
                throw Mistake(
                    "\(quoted(text)) is not a host", hint: "write a name without scheme and port, or *.example.com")
            }
            return below == nil ? authority.host : "*." + authority.host
        }
    }

    /// The beginning of a path as policies see it: nothing in it that proxies read in different ways.
    fileprivate static var pathPrefix: Schema {
        text.map { text throws(Mistake) in
            guard text.startsWithBytes(of: "/") else { throw Mistake("must begin with /", hint: "write for example /models") }
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"?#%\\;".utf8.contains($0) }),
                !text.containsBytes(of: "//"), !text.fields(at: "/").contains(where: { $0 == "." || $0 == ".." })
            else { throw Mistake("\(quoted(text)) is not a plain path") }
            guard text.utf8.count > 1, let shorter = text.beforeBytes(of: "/") else { return text }
            return String(shorter)
        }
    }

    /// What browsers send as `Origin` (RFC 6454 §6.2), in lower case.
    static var webOrigin: Schema {
        text.map { text throws(Mistake) in
            let parts = text.cut(at: "/")
            guard parts.count == 3, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty,
                Authority(parts[2]) != nil
            else {
                throw Mistake("\(quoted(text)) is not an origin", hint: "write scheme, host and port: https://app.example.com")
            }
            return text.asciiLowercased
        }
    }
}

extension Schema<Configuration.Edge.Upstream.Address> {
    /// `http://host:port`, `https://…` or `h2c://…`.
    fileprivate static var upstreamAddress: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let hint = "write http://HOST:PORT, https://HOST:PORT or, for HTTP/2 in clear, h2c://HOST:PORT"
            guard let (word, rest) = text.cutOnce(at: ":"), let written = rest.afterBytes(of: "//"),
                let scheme = Configuration.Edge.Upstream.Scheme(rawValue: word.asciiLowercased)
            else { throw Mistake("\(quoted(text)) is not the address of a backend", hint: hint) }
            let authority = written.beforeBytes(of: "/") ?? written
            guard !authority.containsByte("/"), !authority.containsByte("?"), !authority.containsByte("#") else {
                throw Mistake("has a path", hint: "the path of each request is passed on; path and stripPrefix change it")
            }
            guard !authority.containsByte("@") else { throw Mistake("cannot hold a user or a password") }
            let hasPort = authority.endsWithByte("]") ? false : authority.containsByte(":")
            let whole = hasPort ? String(authority) : authority + (scheme == .https ? ":443" : ":80")
            guard let address = ListenAddress(whole), !address.host.isEmpty, address.port > 0 else {
                throw Mistake("\(quoted(text)) is not the address of a backend", hint: hint)
            }
            return Configuration.Edge.Upstream.Address(scheme: scheme, host: address.host, port: address.port)
        }
    }
}
