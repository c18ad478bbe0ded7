extension Configuration.Web {
    /// What one client may ask of a listener. Not in Dex.
    public struct Limits: Sendable, Hashable {
        /// Bytes of the request line and all headers.
        public var maxHeaderBytes = 32 << 10
        /// Bytes of a request's body.
        public var maxBodyBytes = 256 << 10
        /// Open connections of a listener; more of them wait.
        public var maxConnections = 4096
        /// From the first byte of a request to the last of its answer.
        public var requestTimeout = Duration.seconds(30)
        /// How long a connection stays open without a request.
        public var idleTimeout = Duration.seconds(60)
    }
}

extension Configuration.Web.Limits {
    static var schema: Schema<Self> {
        .mapping { keys in
            let defaults = Self()
            return Self(
                maxHeaderBytes: keys("maxHeaderBytes", .integer(in: 1024...(1 << 20)), default: defaults.maxHeaderBytes),
                maxBodyBytes: keys("maxBodyBytes", .integer(in: 1024...(64 << 20)), default: defaults.maxBodyBytes),
                maxConnections: keys("maxConnections", .integer(in: 1...1_000_000), default: defaults.maxConnections),
                requestTimeout: keys("requestTimeout", .positiveDuration, default: defaults.requestTimeout),
                idleTimeout: keys("idleTimeout", .positiveDuration, default: defaults.idleTimeout))
        }
    }
}
