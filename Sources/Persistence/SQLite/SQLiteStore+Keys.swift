public import FoundationEssentials
import GRDB
import JOSE
public import OpenIDConnect

extension SQLiteStore: KeyStore {
    private var tokenKeys: SigningKeyTable { SigningKeyTable(store: self, table: "signing_keys") }

    /// The keys of the edge's signed assertions: a table of their own, so that none of them ever signs a token.
    public var assertionKeys: any SigningKeyStore { SigningKeyTable(store: self, table: "edge_assertion_keys") }

    public func signingKeys() async throws(StoreError) -> [StoredSigningKey] { try await tokenKeys.signingKeys() }

    public func insert(
        _ key: StoredSigningKey, after predecessor: String?, predecessorExpiresAt: Date?
    ) async throws(StoreError) -> Bool {
        try await tokenKeys.insert(key, after: predecessor, predecessorExpiresAt: predecessorExpiresAt)
    }

    public func reinstate(
        keyID: String, activatesAt: Date, after predecessor: String, predecessorExpiresAt: Date
    ) async throws(StoreError) -> Bool {
        try await tokenKeys.reinstate(
            keyID: keyID, activatesAt: activatesAt, after: predecessor, predecessorExpiresAt: predecessorExpiresAt)
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
