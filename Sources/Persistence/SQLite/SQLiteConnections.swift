import Bytes
import GRDB
import OpenIDConnect

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The open connections to one database, its schema up to date.
struct SQLiteConnections: Sendable {
    let writer: DatabaseQueue
    /// The writer itself for a database in memory.
    let readers: [DatabaseQueue]

    init(location: SQLiteStore.Location, options: SQLiteStore.Options, migrator: Migrator) throws {
        switch location {
        case .memory:
            let queue = try DatabaseQueue(configuration: Self.configuration(options, isReader: false))
            try queue.inDatabase { db in try migrator.migrate(db) }
            writer = queue
            readers = [queue]
        case .file(let path):
            // SQLite reads meaning into names such as ":memory:" and "file:…"; a path has none.
            let path = path.startsWithByte("/") ? path : "./" + path
            try Self.makeFile(path)
            let queue = try DatabaseQueue(path: path, configuration: Self.configuration(options, isReader: false))
            try queue.inDatabase { db in
                try migrator.check(db)
                try Self.enableLog(db, options: options)
                try migrator.migrate(db)
                // Not at the first login: a file that can't be written is known now.
                try db.inTransaction(.immediate) { .rollback }
            }
            writer = queue
            readers = try (0..<max(1, options.readerCount)).map { _ in
                try DatabaseQueue(path: path, configuration: Self.configuration(options, isReader: true))
            }
        }
    }

    /// Readers first, so that the writer is the last one and tidies up.
    func close() {
        for connection in readers + [writer] {
            // A connection that is closed already is fine, and nobody could do anything about another error:
            // what was acknowledged is on disk.
            try? connection.close()
        }
    }

    private static func configuration(_ options: SQLiteStore.Options, isReader: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.label = isReader ? "dextra.store.reader" : "dextra.store.writer"
        configuration.readonly = isReader
        let (seconds, attoseconds) = options.lockTimeout.components
        configuration.busyMode = .timeout(Double(seconds) + Double(attoseconds) / 1e18)
        // GRDB would stop the program where a rollback has failed. The write queue looks after transactions itself.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA cache_size = -512;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA wal_autocheckpoint = 2000;
                    PRAGMA journal_size_limit = 16777216;
                    """)
        }
        return configuration
    }

    /// Makes an empty file for its owner alone, unless there is one, and sees whether it can be written: SQLite would only
    /// say that it can't open it. Its `-wal` and `-shm` files get the same mode.
    private static func makeFile(_ path: String) throws(StoreError) {
        if make(path) == 0 || errno == EEXIST {
            if access(path, W_OK) == 0 { return }
        }
        let problem = errno
        let words = "\(path): can't be written (\(String(cString: strerror(problem))))"
        switch problem {
        case EROFS, EACCES, EPERM: throw .readOnly("\(words); this process must own the file and its directory")
        case ENOSPC, EDQUOT: throw .diskFull("\(words); free some space")
        default: throw .failed("\(words); its directory must exist and be writable for this process")
        }
    }

    private static func make(_ path: String) -> CInt {
        #if canImport(Darwin)
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            return descriptor < 0 ? -1 : close(descriptor)
        #else
            // Not `open` and `close`: closing a descriptor drops the locks that this process has on the file, those of
            // another store that has just opened it too.
            return mknod(path, S_IFREG | 0o600, 0)
        #endif
    }

    /// Write-ahead logging: one `fsync` a commit, and readers that never wait. The file remembers it.
    private static func enableLog(_ db: Database, options: SQLiteStore.Options) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + options.lockTimeout
        while true {
            do {
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                guard mode == "wal" else {
                    throw StoreError.failed("write-ahead logging can't be turned on (\(mode ?? "no answer"))")
                }
                return
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && clock.now < deadline {
                // SQLite doesn't wait here by itself: two processes that start on a new file would wait for each other.
                usleep(5_000)
            }
        }
    }
}
