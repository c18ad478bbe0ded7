import Web
import Workers

/// Shows the pools of connectors in the metrics, as long as they are.
struct PoolWatch: Sendable {
    private let counts: ProviderMetrics?

    static let none = PoolWatch(nil)

    init(_ counts: ProviderMetrics?) {
        self.counts = counts
    }

    func watching(_ pool: WorkerPool) -> WorkerPool {
        counts?.watch(pool)
        return pool
    }
}
