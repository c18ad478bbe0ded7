import HTTPTypes
import Synchronization

/// The answers that need no waiting, shared by all connections and replaceable while they are served:
/// key rotation and reloads call ``replace(_:)``, and the next request on every event loop gets the new ones.
public final class Ready: Sendable {
    /// Where a bearer token is exchanged for its cached answer.
    public struct Bearer: Sendable {
        public let path: String
        public let name: String
        public let answers: BearerAnswers

        public init(path: String, name: String = "/userinfo", answers: BearerAnswers) {
            self.path = path
            self.name = name
            self.answers = answers
        }
    }

    private let current: Mutex<PreparedAnswers>
    private let generation = Atomic<Int>(0)
    private let security: SecurityHeaders
    private let crossOrigin: CrossOriginRule
    private let metrics: RequestMetrics
    private let bearer: Bearer?
    let remembered: (any RememberedReplies)?

    init(
        _ answers: [ReadyAnswer], bearer: Bearer?, remembered: (any RememberedReplies)?, security: SecurityHeaders,
        crossOrigin: CrossOriginRule,
        metrics: RequestMetrics
    ) {
        self.security = security
        self.crossOrigin = crossOrigin
        self.metrics = metrics
        self.bearer = bearer
        self.remembered = remembered
        current = Mutex(
            PreparedAnswers(
                answers, generation: 0, bearer: bearer, security: security, crossOrigin: crossOrigin, metrics: metrics))
    }

    /// All at once: a request sees either the old answers or the new ones.
    public func replace(_ answers: [ReadyAnswer]) {
        current.withLock { current in
            let next = current.generation + 1
            current = PreparedAnswers(
                answers, generation: next, bearer: bearer, security: security, crossOrigin: crossOrigin, metrics: metrics)
            generation.store(next, ordering: .releasing)
        }
    }

    /// `prepared` if it is current still: one atomic load.
    func refreshed(_ prepared: PreparedAnswers) -> PreparedAnswers {
        if generation.load(ordering: .acquiring) == prepared.generation { return prepared }
        return snapshot
    }

    func counter(code: Int, method: ReadyMethod, handler: String) -> PreparedCounter {
        let label: HTTPRequest.Method =
            switch method {
            case .get: .get
            case .head: .head
            case .post: .post
            case .other: .trace
            }
        return metrics.series(code: code, method: label, handler: handler).prepared(bytes: 0)
    }

    var snapshot: PreparedAnswers { current.withLock { $0 } }
}
