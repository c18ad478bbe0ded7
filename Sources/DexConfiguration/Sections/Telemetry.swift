extension Configuration {
    /// The listener for metrics and health checks.
    public struct Telemetry: Sendable, Hashable {
        /// Nil: there is no such listener.
        public var http: ListenAddress?
    }
}

extension Configuration.Telemetry {
    /// What holds when the section is absent.
    init(_ options: LoadOptions) {
        http = options.telemetryHTTP
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let http = keys("http", .listenAddress)
            if keys("enableProfiling", .bool) == true, let written = keys["enableProfiling"] {
                keys.loading.problem("profiling is not offered", hint: "remove it or set it to false", at: written)
            }
            return Self(http: keys.loading.options.telemetryHTTP ?? http)
        }
    }
}
