import Foundation
import OpenIDConnect
import Persistence

/// What the conformance suite runs on. A new backend gets its case here and passes the suite unchanged.
enum StoreBackend: CaseIterable, Sendable {
    case memory
    case file

    /// Calls `body` with a new, empty store.
    func withStore(_ body: (any Store) async throws -> Void) async throws {
        switch self {
        case .memory:
            let store = try SQLiteStore(location: .memory)
            try await body(store)
            await store.close()
        case .file:
            try await TemporaryDirectory.with { directory in
                let store = try SQLiteStore(location: .file(directory.path("store.db")))
                try await body(store)
                await store.close()
            }
        }
    }
}

/// A directory that goes when the test ends.
struct TemporaryDirectory {
    private let url: URL

    static func with(_ body: (TemporaryDirectory) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("dextra-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(TemporaryDirectory(url: url))
    }

    var path: String { url.path }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
