import Foundation
import GRDB
import OpenIDConnect
import Testing

@testable import Persistence

@Suite("Migrations and foreign files") struct MigrationTests {
    private static let next = Migration.sqlite.count + 1
    private static let second = Migration(number: next, name: "second", sql: "CREATE TABLE second (x INTEGER) STRICT;")

    private static func open(_ path: String, _ migrations: [Migration] = Migration.sqlite) throws(StoreError) -> SQLiteStore {
        try SQLiteStore(location: .file(path), options: .init(), migrations: migrations)
    }

    @Test("the embedded migrations are numbered from 1 and hold SQL")
    func embedded() {
        #expect(Migration.sqlite.map(\.number) == Array(1...Migration.sqlite.count))
        #expect(Migration.sqlite.allSatisfy { $0.sql.contains(" TABLE ") })
    }

    @Test("a new migration is applied once and the data stays")
    func upgrade() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            let grant = Sample.grant()
            let old = try Self.open(path)
            try await old.insert(grant)
            await old.close()
            for _ in 0..<2 {
                let new = try Self.open(path, Migration.sqlite + [Self.second])
                #expect(try await new.refreshGrant(id: grant.id) == grant)
                let applied = try await new.read { db in
                    try Int.fetchAll(db, sql: "SELECT number FROM schema_migrations ORDER BY number")
                }
                #expect(applied == Array(1...Self.next))
                #expect(try await new.read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") } == Self.next)
                await new.close()
            }
        }
    }

    @Test("a migration that fails changes nothing")
    func failure() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            await (try Self.open(path)).close()
            let broken = Migration(
                number: Self.next, name: "broken", sql: "CREATE TABLE half (x INTEGER); SELECT nonsense FROM nowhere;")
            #expect(throws: StoreError.self) { try Self.open(path, Migration.sqlite + [broken]) }
            let store = try Self.open(path)
            #expect(try await store.read { db in try db.tableExists("half") } == false)
            await store.close()
        }
    }

    @Test("a database of a newer program is refused")
    func newer() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            await (try Self.open(path, Migration.sqlite + [Self.second])).close()
            #expect(throws: StoreError.newerSchema(found: Self.next, known: Self.next - 1)) { try Self.open(path) }
        }
    }

    @Test("a migration whose text has changed since it was applied is refused")
    func changed() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            await (try Self.open(path, Migration.sqlite + [Self.second])).close()
            let edited = Migration(number: Self.next, name: "second", sql: Self.second.sql + " -- edited")
            let error = #expect(throws: StoreError.self) { try Self.open(path, Migration.sqlite + [edited]) }
            guard case .corrupt(let text) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(text.contains(path) && text.contains("migration \(Self.next) (second)"))
        }
    }

    @Test("a database that lost its list of migrations is refused")
    func lostList() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            let store = try Self.open(path)
            try await store.write(.oneStatement) { db in try db.execute(sql: "DROP TABLE schema_migrations") }
            await store.close()
            let error = #expect(throws: StoreError.self) { try Self.open(path) }
            guard case .corrupt(let text) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(text.contains("schema_migrations"))
        }
    }

    @Test(
        "another program's database is refused and left as it was",
        arguments: [
            "CREATE TABLE client (id TEXT); CREATE TABLE auth_request (id TEXT);",
            "PRAGMA application_id = 252006675;",
        ])
    func foreign(sql: String) async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("other.db")
            let other = try DatabaseQueue(path: path)
            try await other.writeWithoutTransaction { db in try db.execute(sql: sql) }
            try other.close()
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            let error = #expect(throws: StoreError.self) { try Self.open(path) }
            guard case .failed(let text) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(text.contains(path) && text.contains("another program's database"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["other.db"])
        }
    }

    @Test("many that start at once on a new file all succeed")
    func simultaneousStart() async throws {
        try await TemporaryDirectory.with { directory in
            for round in 0..<5 {
                let path = directory.path("store \(round).db")
                let stores = try await withThrowingTaskGroup(of: SQLiteStore.self) { group in
                    // Each on a thread of its own: opening blocks.
                    for _ in 0..<6 {
                        group.addTask {
                            try await withCheckedThrowingContinuation { caller in
                                Thread.detachNewThread { caller.resume(with: Result { try Self.open(path) }) }
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let grant = Sample.grant()
                try await stores[0].insert(grant)
                for store in stores { #expect(try await store.refreshGrant(id: grant.id) == grant) }
                for store in stores { await store.close() }
            }
        }
    }
}
