public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore: GrantStore {
    public func revoke(id: String, until: Date) async throws(StoreError) {
        try await write(.severalStatements) { db in
            try db.run("DELETE FROM refresh_grants WHERE id = ?", [.text(id)])
            // A longer revocation gets a new position, so that every process hears of it; a shorter one is no news.
            try db.run(
                """
                INSERT OR REPLACE INTO revocations (id, until)
                SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM revocations WHERE id = ?1 AND until >= ?2)
                """, [.text(id), .time(until)])
        }
    }

    public func revocations(after position: Int64) async throws(StoreError) -> [Revocation] {
        try await read { db in
            try db.fetchAll(
                "SELECT position, id, until FROM revocations WHERE position > ? ORDER BY position", [.integer(position)],
                table: "revocations"
            ) { row in
                Revocation(position: try row.integer(), id: try row.text(), until: try row.time())
            }
        }
    }
}
