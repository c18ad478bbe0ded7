public import Workers

/// What Dextra counts about itself, beyond the requests that every application counts.
public struct ProviderMetrics: Sendable {
    /// Log-ins by connector id and outcome: `success`, `wrong_credentials`, `unavailable`, …
    public let logins: CounterFamily
    /// Answers with tokens, by grant: `authorization_code`, `refresh_token`, …
    public let tokens: CounterFamily
    private let connectorDurations: HistogramFamily
    private let registry: Metrics

    public init(registry: Metrics) {
        self.registry = registry
        logins = registry.counter(
            "dextra_logins_total", help: "Log-ins, by connector and outcome.", labels: ["connector", "outcome"])
        tokens = registry.counter("dextra_tokens_total", help: "Token answers, by grant.", labels: ["grant"])
        connectorDurations = registry.histogram(
            "dextra_connector_duration_seconds", help: "How long connectors took to answer, by connector and operation.",
            labels: ["connector", "operation"], bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
    }

    /// Counts how long a connector took.
    public func connector(_ id: String, _ operation: String, took duration: Duration) {
        connectorDurations(id, operation).observe(duration / .seconds(1))
    }

    /// Shows how many jobs wait in a pool, until it is no more: a reload makes another one of the same name.
    public func watch(_ pool: WorkerPool) {
        registry.gauge(
            "dextra_queue_depth", help: "Jobs that wait for a thread, by pool.", labels: [("pool", pool.name)]
        ) { [weak pool] in pool.map { Double($0.queueDepth) } }
    }

    /// - Parameter read: seconds since the signing key was made; `nil` while there is none.
    public func watchKeyAge(_ read: @escaping @Sendable () -> Double?) {
        registry.gauge("dextra_key_age_seconds", help: "Age of the key that signs.", read: read)
    }
}
