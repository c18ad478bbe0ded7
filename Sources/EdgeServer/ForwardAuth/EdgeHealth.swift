import HTTPTypes
public import Web

/// oauth2-proxy's `/ping` and `/ready`, below the edge's prefix: at the root they could be a client's paths, which proxies ask about.
public enum EdgeHealth {
    /// - Parameter prefix: `/oauth2`.
    public static func routes(_ checks: [HealthCheck], prefix: String) -> [Route] {
        [
            Route([.get], prefix + "/ping", name: "/oauth2/ping", audience: .programs) { _ in .text("OK") },
            Route([.get], prefix + "/ready", name: "/oauth2/ready", audience: .programs) { _ in
                for check in checks {
                    do { try await check.run() } catch {
                        return .text("not ready: \(check.name)\n", status: .internalServerError)
                    }
                }
                return .text("OK")
            },
        ]
    }
}
