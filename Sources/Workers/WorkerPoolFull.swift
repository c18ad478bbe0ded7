/// Thrown when a pool's queue has no room: the caller answers `503` with `Retry-After` instead of waiting without bound.
public struct WorkerPoolFull: Error, Sendable, Hashable {
    /// The pool's name, for logs and metrics.
    public let pool: String

    public init(pool: String) {
        self.pool = pool
    }
}
