import Bytes

extension Configuration {
    /// The listeners that browsers and clients reach, and what is added to their answers. At least one of ``http`` and
    /// ``https`` is there.
    public struct Web: Sendable, Hashable {
        public var http: ListenAddress?
        public var https: ListenAddress?
        /// There when ``https`` is.
        public var tls: TLSFiles?
        /// Added to the answers of all routes.
        public var headers: [Header]
        /// Origins that scripts may call from; `*` is every origin. Empty: none.
        public var allowedOrigins: [String]
        /// Headers that such scripts may send.
        public var allowedHeaders: [String]
        public var clientRemoteIP: ClientRemoteIP
        public var limits: Limits
    }
}

extension Configuration.Web {
    /// A header of an answer.
    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    /// From where the address of a client is taken.
    public struct ClientRemoteIP: Sendable, Hashable {
        /// The header in which a trusted proxy tells it, for example X-Forwarded-For.
        public var header: String?
        /// Peers whose header is believed.
        public var trustedProxies: [AddressRange] = []
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let options = keys.loading.options
            let http = keys("http", .listenAddress)
            let https = keys("https", .listenAddress)
            let tls = Configuration.TLSFiles.read(keys)
            let headers = keys("headers", headersSchema, default: [])
            let allowedOrigins = keys("allowedOrigins", .list(of: .origin), default: [])
            let allowedHeaders = keys("allowedHeaders", .list(of: .headerName), default: [])
            let clientRemoteIP = keys("clientRemoteIP", clientRemoteIPSchema, default: ClientRemoteIP())
            let limits = keys("limits", Limits.schema, default: Limits())
            let isHTTPS = keys["https"] != nil || options.webHTTPS != nil
            if keys["http"] == nil, options.webHTTP == nil, !isHTTPS {
                keys.problem("neither http nor https is set", hint: "write for example http: 127.0.0.1:5556")
            }
            if isHTTPS, keys["tlsCert"] == nil, keys["tlsKey"] == nil {
                keys.problem("https needs tlsCert and tlsKey")
            }
            if !isHTTPS, let certificate = keys["tlsCert"] {
                keys.loading.warning("not used, because https is not set", at: certificate)
            }
            return Self(
                http: options.webHTTP ?? http, https: options.webHTTPS ?? https, tls: tls, headers: headers,
                allowedOrigins: allowedOrigins, allowedHeaders: allowedHeaders.isEmpty ? ["Authorization"] : allowedHeaders,
                clientRemoteIP: clientRemoteIP, limits: limits)
        }
    }

    private static let headerNames = [
        "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection", "Strict-Transport-Security",
    ]

    private static var headersSchema: Schema<[Header]> {
        .mapping { keys in
            headerNames.compactMap { name in keys(name, .headerValue).map { Header(name: name, value: $0) } }
        }
    }

    private static var clientRemoteIPSchema: Schema<ClientRemoteIP> {
        .mapping { keys in
            let header = keys("header", .headerName)
            let trustedProxies = keys("trustedProxies", .list(of: .addressRange), default: [])
            if let written = keys["header"], trustedProxies.isEmpty, keys["trustedProxies"] == nil {
                keys.loading.warning("not used, because trustedProxies names nobody who may set it", at: written)
            }
            return ClientRemoteIP(header: header, trustedProxies: trustedProxies)
        }
    }
}

extension Schema<String> {
    /// RFC 9110 §5.1.
    fileprivate static var headerName: Schema {
        text.map { text throws(Mistake) in
            let isToken = text.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9": true
                default: "!#$%&'*+-.^_`|~".unicodeScalars.contains(scalar)
                }
            }
            guard isToken else { throw Mistake("\(quoted(text)) is not the name of a header") }
            return text
        }
    }

    /// RFC 9110 §5.5, one line of visible ASCII.
    fileprivate static var headerValue: Schema {
        text.map { text throws(Mistake) in
            guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw Mistake("the value of a header is one line of ASCII", hint: "begin a text over several lines with >-")
            }
            return text
        }
    }

    /// `*`, or what browsers send as Origin, RFC 6454 §6.2. Another text never matches, which Dex does not mind.
    fileprivate static var origin: Schema {
        Schema { place, loading in
            guard let origin = text.read(place, loading) else { return nil }
            let parts = origin.cut(at: "/")
            if origin != "*", parts.count != 3 || !parts[0].endsWithByte(":") || !parts[1].isEmpty || parts[2].isEmpty {
                loading.warning(
                    "\(quoted(origin)) is never the origin of a page",
                    hint: "write scheme, host and port only, such as https://app.example.com", at: place)
            }
            return origin
        }
    }
}
