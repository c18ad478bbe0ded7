public import FoundationEssentials
import GRDB
import JOSE
public import OpenIDConnect

extension SQLiteStore: KeyStore {
    public func signingKeys() async throws(StoreError) -> [StoredSigningKey] {
        try await read { db in
            try db.fetchAll(
                """
                SELECT key_id, algorithm, private_key, created_at, activates_at, expires_at FROM signing_keys
                ORDER BY activates_at, created_at, key_id
                """, table: "signing_keys"
            ) { row in
                StoredSigningKey(
                    keyID: try row.text(), algorithm: try row.text(as: SignatureAlgorithm.init), privateKeyPEM: try row.text(),
                    createdAt: try row.time(), activatesAt: try row.time(), expiresAt: try row.optionalTime())
            }
        }
    }

    public func insert(
        _ key: StoredSigningKey, after predecessor: String?, predecessorExpiresAt: Date?
    ) async throws(StoreError) -> Bool {
        try await write(.severalStatements) { db in
            guard try Self.latestSigningKey(db) == predecessor else { return false }
            let inserted = try db.change(
                """
                INSERT INTO signing_keys (key_id, algorithm, private_key, created_at, activates_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key_id) DO NOTHING
                """,
                [
                    .text(key.keyID), .text(key.algorithm.rawValue), .text(key.privateKeyPEM), .time(key.createdAt),
                    .time(key.activatesAt), .time(key.expiresAt),
                ])
            guard inserted == 1 else { throw StoreError.alreadyExists("signing key \(key.keyID)") }
            if let predecessor {
                try db.run(
                    "UPDATE signing_keys SET expires_at = ? WHERE key_id = ?", [.time(predecessorExpiresAt), .text(predecessor)])
            }
            return true
        }
    }

    public func reinstate(
        keyID: String, activatesAt: Date, after predecessor: String, predecessorExpiresAt: Date
    ) async throws(StoreError) -> Bool {
        try await write(.severalStatements) { db in
            guard keyID != predecessor, try Self.latestSigningKey(db) == predecessor,
                try db.change(
                    "UPDATE signing_keys SET activates_at = ?, expires_at = NULL WHERE key_id = ?",
                    [.time(activatesAt), .key(keyID)]) == 1
            else { return false }
            try db.run(
                "UPDATE signing_keys SET expires_at = ? WHERE key_id = ?", [.time(predecessorExpiresAt), .text(predecessor)])
            return true
        }
    }

    private static func latestSigningKey(_ db: Database) throws -> String? {
        try db.fetchFirst(
            "SELECT key_id FROM signing_keys ORDER BY activates_at DESC, created_at DESC, key_id DESC LIMIT 1",
            table: "signing_keys"
        ) { row in try row.text() }
    }

    public func sealingKeys() async throws(StoreError) -> [StoredSealingKey] {
        try await read { db in
            try db.fetchAll(
                "SELECT version, key, created_at, expires_at FROM sealing_keys ORDER BY version", table: "sealing_keys"
            ) { row in
                guard let version = UInt32(exactly: try row.integer()) else { throw row.corrupt("is not from 0 to 4294967295") }
                guard let key = try? SealingKey(id: version, bytes: try row.bytes()) else {
                    throw row.corrupt("is not \(SealingKey.byteCount) bytes")
                }
                return StoredSealingKey(key: key, createdAt: try row.time(), expiresAt: try row.time())
            }
        }
    }

    public func insert(_ key: StoredSealingKey) async throws(StoreError) -> Bool {
        try await write(.severalStatements) { db in
            try db.change(
                "INSERT INTO sealing_keys (version, key, created_at, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (version) DO NOTHING",
                [.integer(Int64(key.key.id)), .bytes(key.key.bytes), .time(key.createdAt), .time(key.expiresAt)]) == 1
        }
    }
}
