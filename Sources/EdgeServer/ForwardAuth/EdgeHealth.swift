import HTTPTypes
public import Web

/// oauth2-proxy's `/ping` and `/ready`.
public enum EdgeHealth {
    public static func routes(_ checks: [HealthCheck]) -> [Route] {
        [
            Route([.get], "/ping", audience: .programs) { _ in .text("OK") },
            Route([.get], "/ready", audience: .programs) { _ in
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
