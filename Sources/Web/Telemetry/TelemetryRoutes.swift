import HTTPTypes

/// The routes of the telemetry listener, for operators and their probes: never open to the world.
public enum TelemetryRoutes {
    public static func routes(metrics: Metrics, checks: [HealthCheck]) -> [Route] {
        [
            route("/healthz") { _ in await health(checks) },
            route("/healthz/ready") { _ in await health(checks) },
            // Alive means: this answer. A restart would not mend a storage that is down.
            route("/healthz/live") { _ in .text("ok") },
            route("/metrics") { _ in
                WebResponse(
                    status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                    body: Array(metrics.render().utf8))
            },
            route("/debug/pprof") { _ in noProfiling },
            route("/debug/pprof/{profile}") { _ in noProfiling },
        ]
    }

    private static func route(_ pattern: String, _ handle: @escaping @Sendable (WebRequest) async throws -> WebResponse) -> Route
    {
        Route([.get], pattern, audience: .programs, handle: handle)
    }

    private static var noProfiling: WebResponse {
        .text("Profiling over HTTP is not offered; attach perf to the process instead.\n", status: .notFound)
    }

    /// `{"status":"ok","checks":{"storage":"ok"}}`, or 503 with what each failing check says.
    private static func health(_ checks: [HealthCheck]) async -> WebResponse {
        var members: [String] = []
        var isHealthy = true
        for check in checks {
            var result = "ok"
            do { try await check.run() } catch {
                isHealthy = false
                result = "\(error)"
            }
            members.append("\(LogEscaping.quoted(check.name)):\(LogEscaping.quoted(result))")
        }
        let body = #"{"status":"\#(isHealthy ? "ok" : "failing")","checks":{\#(members.joined(separator: ","))}}"#
        return .json(serialized: Array(body.utf8), status: isHealthy ? .ok : .serviceUnavailable)
    }
}
