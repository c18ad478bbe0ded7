import Dispatch
import GRDB
public import OpenIDConnect

/// The store in an SQLite database: a file, or memory for tests and trials.
///
/// One connection writes and commits in groups (``WriteQueue``), a few others read (``ReadQueue``). Several processes may
/// use one file; every write that depends on what was there before compares and sets in one transaction.
public final class SQLiteStore: Sendable {
    public enum Location: Sendable, Hashable, CustomStringConvertible {
        /// Gone with the store.
        case memory
        /// Made if it isn't there, readable by its owner alone.
        case file(String)

        public var description: String {
            switch self {
            case .memory: "memory"
            case .file(let path): path
            }
        }
    }

    public struct Options: Sendable {
        /// How long a write waits for a lock that another process holds before it fails with ``StoreError/busy(_:)``.
        public var lockTimeout: Duration
        /// Operations that may wait, writes and reads each, before ``StoreError/overloaded``.
        public var queueLimit: Int
        /// Writes that share one commit at most.
        public var groupLimit: Int
        /// Connections that read a file; memory has but one for everything.
        public var readerCount: Int

        public init(lockTimeout: Duration = .seconds(5), queueLimit: Int = 1024, groupLimit: Int = 256, readerCount: Int = 2) {
            self.lockTimeout = lockTimeout
            self.queueLimit = queueLimit
            self.groupLimit = groupLimit
            self.readerCount = readerCount
        }
    }

    public let location: Location
    private let connections: SQLiteConnections
    private let writes: WriteQueue
    private let reads: ReadQueue

    /// Opens the database and brings its schema up to date; blocks meanwhile.
    /// - Throws: ``StoreError/newerSchema(found:known:)``, ``StoreError/failed(_:)`` for another program's database,
    ///   ``StoreError/corrupt(_:)``, ``StoreError/readOnly(_:)``, ``StoreError/busy(_:)``.
    public convenience init(location: Location, options: Options = Options()) throws(StoreError) {
        try self.init(location: location, options: options, migrations: Migration.sqlite)
    }

    init(location: Location, options: Options, migrations: [Migration]) throws(StoreError) {
        let name = location.description
        self.location = location
        do {
            connections = try SQLiteConnections(
                location: location, options: options, migrator: Migrator(migrations: migrations, location: name))
        } catch {
            throw StoreError(error, location: name)
        }
        writes = WriteQueue(
            connection: connections.writer, location: name, waitingLimit: options.queueLimit, groupLimit: options.groupLimit)
        reads = ReadQueue(
            connections: connections.readers, location: name, waitingLimit: options.queueLimit, callersRead: location != .memory)
    }

    /// Runs an operation of its own in the next group, all of it or nothing; it is on disk when this returns.
    func write<Value: Sendable>(
        _ extent: WriteQueue.Extent, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await writes.run(extent, body)
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        try await reads.run(body)
    }

    /// Successful commits, and the operations in them, since the store was opened.
    var writeStatistics: (commits: Int, operations: Int) { writes.statistics }

    public var writeQueueDepth: Int { writes.depth }

    /// Finishes what was accepted, refuses everything after, and closes the file.
    public func close() async {
        await reads.close()
        await writes.close()
        await withCheckedContinuation { caller in
            // The last connection to close copies the log into the database: too slow for the caller's thread.
            DispatchQueue.global().async { [connections] in
                connections.close()
                caller.resume()
            }
        }
    }
}
