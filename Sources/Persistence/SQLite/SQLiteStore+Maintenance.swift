public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore: StoreMaintenance {
    /// How long a code outlives its expiry, in seconds: its second use must be seen as the attack that it is
    /// (RFC 6749 §10.5).
    private static let codeRetention: TimeInterval = 3600

    public func collectGarbage(
        now: Date, createdBefore: Date?, usedBefore: Date?, limit: Int
    ) async throws(StoreError) -> Int {
        // What goes, and the time before which it does: WITHOUT ROWID tables are named by their key.
        let expired: [(table: String, key: String, time: String, before: Date?)] = [
            ("authorization_codes", "rowid", "expires_at", now.addingTimeInterval(-Self.codeRetention)),
            ("revocations", "position", "until", now),
            ("assertions", "key", "until", now),
            ("edge_sessions", "key", "expires_at", now),
            ("sealing_keys", "version", "expires_at", now),
            ("signing_keys", "rowid", "expires_at", now),
            ("edge_assertion_keys", "rowid", "expires_at", now),
            ("refresh_grants", "rowid", "created_at", createdBefore),
            ("refresh_grants", "rowid", "last_used_at", usedBefore),
        ]
        return try await write(.severalStatements) { db in
            var removed = 0
            for (table, key, time, before) in expired {
                guard let before, removed < limit else { continue }
                removed += try db.change(
                    "DELETE FROM \(table) WHERE \(key) IN (SELECT \(key) FROM \(table) WHERE \(time) < ? LIMIT ?)",
                    [.time(before), .integer(Int64(limit - removed))])
            }
            return removed
        }
    }

    public func checkHealth() async throws(StoreError) {
        try await write(.oneStatement) { db in
            // Sets what is set: SQLite writes the page all the same, so that a full or lost disk shows.
            try db.run("PRAGMA application_id = \(Migrator.applicationID)")
        }
    }
}
