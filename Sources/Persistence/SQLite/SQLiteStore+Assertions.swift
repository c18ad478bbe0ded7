public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore: AssertionStore {
    public func use(assertion key: [UInt8], until: Date) async throws(StoreError) -> Bool {
        try await write(.oneStatement) { db in
            try db.change(
                "INSERT INTO assertions (key, until) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
                [.bytes(key), .time(until)]) == 1
        }
    }
}
