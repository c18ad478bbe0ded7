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
            let host = text.lowercased()
            let name = host.hasPrefix("*.") ? host.dropFirst(2) : host[...]
            let isName =
                !name.isEmpty
                && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                    !label.isEmpty
                        && label.utf8.allSatisfy { byte in
                            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                                || byte == UInt8(ascii: "_")
                        }
                }
            let isAddress = name.hasPrefix("[") && name.hasSuffix("]") && IPAddress(String(name.dropFirst().dropLast())) != nil
            guard isName || isAddress else {
                throw Mistake(
                    "\(quoted(text)) is not a host", hint: "write a name without scheme and port, or *.example.com")
            }
            return host
        }
    }

    /// The beginning of a path as policies see it: nothing in it that proxies read in different ways.
    fileprivate static var pathPrefix: Schema {
        text.map { text throws(Mistake) in
            guard text.hasPrefix("/") else { throw Mistake("must begin with /", hint: "write for example /models") }
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"?#%\\;".utf8.contains($0) }),
                !text.contains("//"), !text.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
            else { throw Mistake("\(quoted(text)) is not a plain path") }
            return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    /// What browsers send as `Origin` (RFC 6454 §6.2), in lower case.
    static var webOrigin: Schema {
        text.map { text throws(Mistake) in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty, !parts[2].isEmpty,
                parts[2] != "*"
            else {
                throw Mistake("\(quoted(text)) is not an origin", hint: "write scheme, host and port: https://app.example.com")
            }
            return text.lowercased()
        }
    }
}

extension Schema<Configuration.Edge.Upstream.Address> {
    /// `http://host:port`, `https://…` or `h2c://…`.
    fileprivate static var upstreamAddress: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let hint = "write http://HOST:PORT, https://HOST:PORT or, for HTTP/2 in clear, h2c://HOST:PORT"
            guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://"),
                let scheme = Configuration.Edge.Upstream.Scheme(rawValue: text[..<colon].lowercased())
            else { throw Mistake("\(quoted(text)) is not the address of a backend", hint: hint) }
            var authority = text[colon...].dropFirst(3)
            if authority.hasSuffix("/") { authority.removeLast() }
            guard !authority.contains("/"), !authority.contains("?"), !authority.contains("#") else {
                throw Mistake("has a path", hint: "the path of each request is passed on; path and stripPrefix change it")
            }
            guard !authority.contains("@") else { throw Mistake("cannot hold a user or a password") }
            let hasPort = authority.hasSuffix("]") ? false : authority.contains(":")
            let whole = hasPort ? String(authority) : authority + (scheme == .https ? ":443" : ":80")
            guard let address = ListenAddress(whole), !address.host.isEmpty, address.port > 0 else {
                throw Mistake("\(quoted(text)) is not the address of a backend", hint: hint)
            }
            return Configuration.Edge.Upstream.Address(scheme: scheme, host: address.host, port: address.port)
        }
    }
}
