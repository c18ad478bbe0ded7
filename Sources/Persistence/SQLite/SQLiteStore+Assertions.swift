public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore: AssertionStore {
    public func use(assertion key: [UInt8], until: Date) async throws(StoreError) -> Bool {
        try await write(.oneStatement) { db in
            try db.use(SingleUse(key: key, until: until))
        }
    }

    public func isUsed(assertion key: [UInt8]) async throws(StoreError) -> Bool {
        try await read { db in
            try db.fetchFirst("SELECT until FROM assertions WHERE key = ?", [.bytes(key)], table: "assertions") { row in
                try row.time()
            } != nil
        }
    }
}

extension Database {
    /// - Returns: false, having changed nothing, if it was used before.
    func use(_ once: SingleUse) throws -> Bool {
        try change(
            "INSERT INTO assertions (key, until) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
            [.bytes(once.key), .time(once.until)]) == 1
    }
}
