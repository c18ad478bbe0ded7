extension Configuration {
    /// What a proxy asks for each request: who is it, and may they. Beyond Dex.
    public struct Edge: Sendable, Hashable {
        /// A listener of its own for HTTP; nil: the edge's addresses are on the provider's listeners.
        public var http: ListenAddress?
        /// Envoy's external authorization by gRPC; nil: not offered.
        public var grpc: ListenAddress?
        /// Proxies whose `X-Forwarded-*`, `X-Original-*` and `x-forwarded-client-cert` are believed.
        public var trustedProxies: [AddressRange] = []
        /// Whose tokens are believed.
        public var issuers: [Issuer] = []
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
        /// The backends of the reverse proxy; empty: there is none.
        public var upstreams: [Upstream] = []

        public init() {}
    }
}

extension Configuration.Edge {
    static var schema: Schema<Self> {
        .mapping { keys in
            var edge = Self()
            edge.http = keys("http", .listenAddress)
            edge.grpc = keys("grpc", .listenAddress)
            edge.trustedProxies = keys("trustedProxies", .list(of: .addressRange), default: [])
            edge.issuers = keys("issuers", .list(of: Issuer.schema), default: [])
            edge.login = keys("login", Login.schema)
            edge.session = keys("session", Session.schema, default: Session())
            edge.pathNormalization = keys("pathNormalization", .word("normalization"), default: .mergeSlashes)
            edge.policies = keys("policies", .list(of: Policy.schema), default: [])
            edge.policyFiles = keys("policyFiles", PolicyFile.list, default: [])
            edge.headers = keys("headers", Headers.schema, default: Headers())
            edge.assertion = keys("assertion", Assertion.schema)
            edge.upstreams = keys("upstreams", .list(of: Upstream.schema), default: [])
            return edge
        }
    }
}
