import Bytes
import FoundationEssentials
import GRDB
import JOSE
import OpenIDConnect

/// The signing keys of one purpose, in a table of their own.
struct SigningKeyTable: SigningKeyStore {
    let store: SQLiteStore
    /// A name of ours, never somebody's text.
    let table: String

    func signingKeys() async throws(StoreError) -> [StoredSigningKey] {
        try await store.read { [table] db in
            try db.fetchAll(
                """
                SELECT key_id, algorithm, private_key, created_at, activates_at, expires_at FROM \(table)
                ORDER BY activates_at, created_at, key_id
                """, table: table
            ) { row in
                StoredSigningKey(
                    keyID: try row.text(), algorithm: try row.text(as: SignatureAlgorithm.init), privateKeyPEM: try row.text(),
                    createdAt: try row.time(), activatesAt: try row.time(), expiresAt: try row.optionalTime())
            }
        }
    }

    func insert(
        _ key: StoredSigningKey, after predecessor: String?, predecessorExpiresAt: Date?
    ) async throws(StoreError) -> Bool {
        try await store.write(.severalStatements) { [table] db in
            guard try Self.latestKey(db, table)?.exact == predecessor?.exact else { return false }
            let inserted = try db.change(
                """
                INSERT INTO \(table) (key_id, algorithm, private_key, created_at, activates_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key_id) DO NOTHING
                """,
                [
                    .text(key.keyID), .text(key.algorithm.rawValue), .text(key.privateKeyPEM), .time(key.createdAt),
                    .time(key.activatesAt), .time(key.expiresAt),
                ])
            guard inserted == 1 else { throw StoreError.alreadyExists("signing key \(key.keyID)") }
            if let predecessor {
                try db.run(
                    "UPDATE \(table) SET expires_at = ? WHERE key_id = ?", [.time(predecessorExpiresAt), .text(predecessor)])
            }
            return true
        }
    }

    func reinstate(
        keyID: String, activatesAt: Date, after predecessor: String, predecessorExpiresAt: Date
    ) async throws(StoreError) -> Bool {
        try await store.write(.severalStatements) { [table] db in
            guard !keyID.hasSameBytes(as: predecessor), try Self.latestKey(db, table)?.exact == predecessor.exact,
                try db.change(
                    "UPDATE \(table) SET activates_at = ?, expires_at = NULL WHERE key_id = ?",
                    [.time(activatesAt), .key(keyID)]) == 1
            else { return false }
            try db.run(
                "UPDATE \(table) SET expires_at = ? WHERE key_id = ?", [.time(predecessorExpiresAt), .text(predecessor)])
            return true
        }
    }

    private static func latestKey(_ db: Database, _ table: String) throws -> String? {
        try db.fetchFirst(
            "SELECT key_id FROM \(table) ORDER BY activates_at DESC, created_at DESC, key_id DESC LIMIT 1",
            table: table
        ) { row in try row.text() }
    }
}
