import GRDB
import JOSE
import OpenIDConnect

/// Brings a database to the schema that this program knows: forward only, each database once, however many processes
/// start at the same time.
struct Migrator: Sendable {
    /// "DXTR", in the file's header: says whose the file is, to us and to `file(1)`.
    static let applicationID: Int64 = 0x4458_5452

    let migrations: [Migration]
    /// For messages.
    let location: String

    /// What a database turns out to be.
    private enum Finding {
        case empty
        /// Ours, with all of our migrations.
        case current
        /// Ours, with the first so many of our migrations.
        case behind(applied: Int)
    }

    /// Throws unless the database is empty or ours. Changes nothing.
    func check(_ db: Database) throws {
        _ = try inspectAtOnce(db)
    }

    func migrate(_ db: Database) throws {
        if case .current = try inspectAtOnce(db) { return }
        try db.inTransaction(.immediate) {
            // Again, now that we hold the lock: another process may have been faster.
            switch try inspect(db) {
            case .current:
                return .rollback
            case .empty:
                try db.execute(
                    sql: """
                        CREATE TABLE schema_migrations (
                            number INTEGER PRIMARY KEY,
                            name TEXT NOT NULL,
                            sha256 BLOB NOT NULL
                        ) STRICT;
                        PRAGMA application_id = \(Self.applicationID);
                        """)
                try apply(migrations, to: db)
            case .behind(let applied):
                try apply(migrations.dropFirst(applied), to: db)
            }
            return .commit
        }
    }

    private func apply(_ steps: some Sequence<Migration>, to db: Database) throws {
        for step in steps {
            try db.execute(sql: step.sql)
            try db.run(
                "INSERT INTO schema_migrations (number, name, sha256) VALUES (?, ?, ?)",
                [.integer(Int64(step.number)), .text(step.name), .bytes(step.hash)])
            try db.execute(sql: "PRAGMA user_version = \(step.number)")
        }
    }

    /// All of it as it is at one moment: between two queries another process may have migrated.
    private func inspectAtOnce(_ db: Database) throws -> Finding {
        var finding = Finding.empty
        try db.inTransaction(.deferred) {
            finding = try inspect(db)
            return .commit
        }
        return finding
    }

    private func inspect(_ db: Database) throws -> Finding {
        let applicationID = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        guard applicationID == Self.applicationID else {
            let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema ORDER BY name LIMIT 3")
            guard applicationID == 0, tables.isEmpty else {
                let evidence =
                    tables.isEmpty
                    ? "its application_id is \(applicationID)" : "it holds \(tables.joined(separator: ", "))"
                throw StoreError.failed(
                    "\(location): this is another program's database (\(evidence)); it was not changed. Name a file of its own")
            }
            return .empty
        }
        let applied: [AppliedMigration]
        do {
            applied = try db.fetchAll(
                "SELECT number, name, sha256 FROM schema_migrations ORDER BY number", table: "schema_migrations",
                as: AppliedMigration.init)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw StoreError.corrupt("\(location): table schema_migrations is missing; restore the file from a backup")
        }
        return try compare(applied)
    }

    private func compare(_ applied: [AppliedMigration]) throws -> Finding {
        if let last = applied.last, last.number > migrations.count {
            throw StoreError.newerSchema(found: last.number, known: migrations.count)
        }
        for (found, known) in zip(applied, migrations) {
            guard found.number == known.number, found.hash == known.hash else {
                throw StoreError.corrupt(
                    """
                    \(location): migration \(found.number) (\(found.name)) was applied with another text than this program's \
                    \(known.number) (\(known.name)); use the program that made the file, or restore it from a backup
                    """)
            }
        }
        return applied.count == migrations.count ? .current : .behind(applied: applied.count)
    }
}

/// A row of `schema_migrations`.
private struct AppliedMigration {
    let number: Int
    let name: String
    let hash: [UInt8]

    init(_ row: inout RowReader) throws {
        number = Int(try row.integer())
        name = try row.text()
        hash = try row.bytes()
    }
}
