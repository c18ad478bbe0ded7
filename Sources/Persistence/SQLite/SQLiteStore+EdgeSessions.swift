public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore: EdgeSessionStore {
    public func insert(_ session: StoredEdgeSession) async throws(StoreError) {
        try await write(.oneStatement) { db in
            try db.run(
                "INSERT INTO edge_sessions (key, content, version, expires_at) VALUES (?, ?, ?, ?)",
                [.bytes(session.key), try .text(session.content), .integer(session.version), .time(session.expiresAt)])
        }
    }

    public func edgeSession(key: [UInt8]) async throws(StoreError) -> StoredEdgeSession? {
        try await read { db in
            try db.fetchFirst(
                "SELECT key, content, version, expires_at FROM edge_sessions WHERE key = ?", [.bytes(key)],
                table: "edge_sessions"
            ) { row in
                StoredEdgeSession(
                    key: try row.bytes(), content: try row.text(), version: try row.integer(), expiresAt: try row.time())
            }
        }
    }

    public func update(_ session: StoredEdgeSession) async throws(StoreError) -> Bool {
        try await write(.oneStatement) { db in
            try db.change(
                """
                UPDATE edge_sessions SET content = ?, version = ?, expires_at = ?, refresh_until = NULL
                WHERE key = ? AND version = ?
                """,
                [
                    try .text(session.content), .integer(session.version), .time(session.expiresAt), .bytes(session.key),
                    .integer(session.version - 1),
                ]) == 1
        }
    }

    public func claimRefresh(key: [UInt8], version: Int64, now: Date, until: Date) async throws(StoreError) -> Bool {
        try await write(.oneStatement) { db in
            try db.change(
                """
                UPDATE edge_sessions SET refresh_until = ?
                WHERE key = ? AND version = ? AND (refresh_until IS NULL OR refresh_until < ?)
                """, [.time(until), .bytes(key), .integer(version), .time(now)]) == 1
        }
    }

    public func removeEdgeSession(key: [UInt8]) async throws(StoreError) {
        try await write(.oneStatement) { db in
            try db.run("DELETE FROM edge_sessions WHERE key = ?", [.bytes(key)])
        }
    }
}
