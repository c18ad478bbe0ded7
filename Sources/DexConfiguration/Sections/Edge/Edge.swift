import Bytes

extension Configuration {
    /// What a proxy asks for each request: who is it, and may they. Beyond Dex.
    public struct Edge: Sendable, Hashable {
        /// A listener of its own for HTTP; nil: the edge's addresses are on the provider's listeners.
        public var http: ListenAddress?
        /// Envoy's external authorization by gRPC; nil: not offered.
        public var grpc: GRPC?
        /// What oauth2-proxy calls its proxy prefix: the edge's own addresses begin with it.
        public var prefix = "/oauth2"
        /// Which proxy asks at `{prefix}/auth`; nil: it is found out from what it sends.
        public var proxy: Proxy?
        /// What stands before the client's path where a proxy asks with that path, such as `/check`; `/`: nothing does; nil: not said.
        public var pathPrefix: String?
        /// Proxies whose `X-Forwarded-*`, `X-Original-*` and `x-forwarded-client-cert` are believed.
        public var trustedProxies: [AddressRange] = []
        /// Origins in lower case whose pages may open WebSockets with a session, besides those of the host itself. An upstream has its own.
        public var allowedOrigins: [String] = []
        /// Whose tokens are believed.
        public var issuers: [Issuer] = []
        /// Nil: client certificates are not looked at.
        public var certificates: Certificates?
        /// Nil: browsers are not led to a login.
        public var login: Login?
        public var session = Session()
        /// How the proxy in front normalizes paths; policies see them so.
        public var pathNormalization = PathNormalization.mergeSlashes
        /// In order; what none of them matches is denied.
        public var policies: [Policy] = []
        /// Files with Istio's RequestAuthentication and AuthorizationPolicy.
        public var policyFiles: [PolicyFile] = []
        public var headers = Headers()
        /// Nil: backends get no signed assertion.
        public var assertion: Assertion?
        /// The listeners of the reverse proxy; there when ``upstreams`` are.
        public var listen: Listen?
        /// The backends of the reverse proxy; empty: there is none.
        public var upstreams: [Upstream] = []

        public init() {}
    }
}

extension Configuration.Edge {
    /// Proxies that tell in headers what they ask about.
    public enum Proxy: String, Sendable, Hashable, CaseIterable {
        case nginx
        case ingressNginx = "ingress-nginx"
        case traefik, caddy, haproxy, apache
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            var edge = Self()
            edge.http = keys("http", .listenAddress)
            edge.grpc = keys("grpc", GRPC.schema)
            edge.prefix = keys("prefix", .pathPrefix(), default: edge.prefix)
            edge.proxy = keys("proxy", .word("proxy", Proxy.self))
            edge.pathPrefix = keys("pathPrefix", .pathPrefix(orRoot: true))
            edge.trustedProxies = keys("trustedProxies", .list(of: .addressRange), default: [])
            edge.allowedOrigins = keys("allowedOrigins", .list(of: .webOrigin), default: [])
            edge.issuers = keys("issuers", .list(of: Issuer.schema), default: [])
            edge.certificates = keys("certificates", Certificates.schema)
            edge.login = keys("login", Login.schema)
            edge.session = keys("session", Session.schema, default: Session())
            edge.pathNormalization = keys("pathNormalization", .word("normalization"), default: .mergeSlashes)
            edge.policies = keys("policies", .list(of: Policy.schema), default: [])
            edge.policyFiles = keys("policyFiles", PolicyFile.list, default: [])
            edge.headers = keys("headers", Headers.schema, default: Headers())
            edge.assertion = keys("assertion", Assertion.schema)
            edge.listen = keys("listen", Listen.schema)
            if let written = keys["upstreams"], keys["listen"] == nil {
                keys.loading.problem(
                    "nobody would reach them: listen is missing", hint: "write listen: {http: 0.0.0.0:8080}", at: written)
            }
            if let written = keys["listen"], keys["upstreams"] == nil {
                keys.loading.problem("nothing to pass on to: upstreams are missing", at: written)
            }
            edge.upstreams = keys("upstreams", .list(of: Upstream.schema), default: [])
            return edge
        }
    }
}

extension Schema<String> {
    /// The beginning of a path, such as `/oauth2`: segments of plain characters.
    fileprivate static func pathPrefix(orRoot: Bool = false) -> Schema {
        text.map { text throws(Mistake) in
            if orRoot, text == "/" { return text }
            let segments = text.cut(at: "/").dropFirst()
            let isPlain = segments.allSatisfy { segment in
                !segment.isEmpty && segment != "." && segment != ".."
                    && segment.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                            true
                        default: false
                        }
                    }
            }
            guard text.startsWithBytes(of: "/"), !segments.isEmpty, isPlain else {
                throw Mistake("\(quoted(text)) is no beginning of a path", hint: "write for example /oauth2")
            }
            return text
        }
    }
}
