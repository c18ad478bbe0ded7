extension Configuration.Edge {
    /// Where the reverse proxy listens. At least one of ``http`` and ``https`` is there.
    public struct Listen: Sendable, Hashable {
        /// HTTP/1.1, and HTTP/2 by prior knowledge.
        public var http: ListenAddress?
        public var https: ListenAddress?
        /// There when ``https`` is.
        public var tls: Configuration.TLSFiles?
        /// Of the proxy's clients; `maxBodyBytes` is for the edge's own pages, what is passed on has no limit.
        public var limits = Configuration.Web.Limits()
    }
}

extension Configuration.Edge.Listen {
    static var schema: Schema<Self> {
        .mapping { keys in
            let listen = Self(
                http: keys("http", .listenAddress), https: keys("https", .listenAddress),
                tls: Configuration.TLSFiles.read(keys),
                limits: keys("limits", Configuration.Web.Limits.schema, default: Configuration.Web.Limits()))
            if keys["http"] == nil, keys["https"] == nil {
                keys.problem("neither http nor https is set", hint: "write for example http: 0.0.0.0:8080")
            }
            if keys["https"] != nil, keys["tlsCert"] == nil, keys["tlsKey"] == nil {
                keys.problem("https needs tlsCert and tlsKey")
            }
            if keys["https"] == nil, let certificate = keys["tlsCert"] {
                keys.loading.warning("not used, because https is not set", at: certificate)
            }
            return listen
        }
    }
}
