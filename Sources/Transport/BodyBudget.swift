import Synchronization

/// How many bytes of unanswered bodies may be held at once by all connections together.
public final class BodyBudget: Sendable {
    /// A body of at most this size may use the last quarter, so that whoever begins many large ones does not keep out those who
    /// log in.
    static let small = 64 << 10

    private let limit: Int
    private let held = Atomic<Int>(0)

    public init(limit: Int) { self.limit = limit }

    package var bytes: Int { held.load(ordering: .relaxed) }

    /// - Parameter size: of the whole body so far.
    fileprivate func take(_ count: Int, of size: Int) -> Bool {
        let most = size > Self.small ? limit / 4 * 3 : limit
        let before = held.wrappingAdd(count, ordering: .relaxed).oldValue
        if before + count <= most { return true }
        give(count)
        return false
    }

    fileprivate func give(_ count: Int) { held.wrappingSubtract(count, ordering: .relaxed) }
}

/// The part of one connection, which may have many streams. It belongs to the connection's event loop.
public final class ConnectionBodies {
    private let all: BodyBudget
    private let limit: Int
    private var held = 0

    public init(_ all: BodyBudget, limit: Int) {
        self.all = all
        self.limit = limit
    }

    fileprivate func take(_ count: Int, of size: Int) -> Bool {
        guard held + count <= limit, all.take(count, of: size) else { return false }
        held += count
        return true
    }

    fileprivate func give(_ count: Int) {
        held -= count
        all.give(count)
    }
}

/// What the body of one request holds.
public struct HeldBody: ~Copyable {
    private let connection: ConnectionBodies?
    private var bytes = 0

    /// - Parameter connection: nil: nothing is counted.
    public init(_ connection: ConnectionBodies?) { self.connection = connection }

    /// - Returns: whether there is room for so many more bytes.
    public mutating func take(_ count: Int) -> Bool {
        guard let connection else { return true }
        guard connection.take(count, of: bytes + count) else { return false }
        bytes += count
        return true
    }

    /// The request is answered, or given up.
    public mutating func release() {
        connection?.give(bytes)
        bytes = 0
    }

    deinit { connection?.give(bytes) }
}
