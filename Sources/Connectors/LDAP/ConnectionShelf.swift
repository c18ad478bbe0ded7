import Directory
import Synchronization

/// Connections that nobody uses at the moment, the warmest on top.
final class ConnectionShelf: Sendable {
    private struct Item: Sendable {
        let connection: Connection
        let since: ContinuousClock.Instant
    }

    private let capacity: Int
    private let idleTimeout: Duration
    private let items = Mutex<[Item]>([])

    init(capacity: Int, idleTimeout: Duration) {
        self.capacity = capacity
        self.idleTimeout = idleTimeout
    }

    /// A connection that is still open, as far as can be told without asking the server.
    func take() -> Connection? {
        while let item = items.withLock({ $0.popLast() }) {
            if item.since.duration(to: .now) < idleTimeout, item.connection.isQuiet { return item.connection }
        }
        return nil
    }

    /// Old ones at the bottom are closed here, by the thread of whoever brings one back.
    func put(_ connection: Connection) {
        let now = ContinuousClock.now
        let old = items.withLock { items in
            items.append(Item(connection: connection, since: now))
            var closing = items.prefix { $0.since.duration(to: now) >= idleTimeout }.count
            closing = max(closing, items.count - capacity)
            let old = Array(items.prefix(closing))
            items.removeFirst(closing)
            return old
        }
        withExtendedLifetime(old) {}
    }

    /// Closes those to a server that does not answer.
    func drop(_ endpoint: Endpoint) {
        let dropped = items.withLock { items in
            let dropped = items.filter { $0.connection.endpoint == endpoint }
            items.removeAll { $0.connection.endpoint == endpoint }
            return dropped
        }
        withExtendedLifetime(dropped) {}
    }
}
