import Foundation
import GRDB
import JOSE
import OpenIDConnect
import Testing

@testable import Persistence

@Suite("SQLite files") struct SQLiteFileTests {
    @Test("a new database and its companions are for their owner alone")
    func mode() async throws {
        try await TemporaryDirectory.with { directory in
            let store = try SQLiteStore(location: .file(directory.path("store.db")))
            try await store.insert(Sample.grant())
            for name in ["store.db", "store.db-wal", "store.db-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: directory.path(name))
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
            }
            await store.close()
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["store.db"])
        }
    }

    @Test("a closed store opens again with everything in it")
    func reopen() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            let grant = Sample.grant()
            let store = try SQLiteStore(location: .file(path))
            try await store.insert(grant)
            await store.close()
            let again = try SQLiteStore(location: .file(path))
            #expect(try await again.refreshGrant(id: grant.id) == grant)
            await again.close()
        }
    }

    @Test("what a killed process leaves in its files holds every acknowledged write")
    func kill() async throws {
        try await TemporaryDirectory.with { directory in
            let store = try SQLiteStore(location: .file(directory.path("store.db")))
            var acknowledged: [RefreshGrant] = []
            for round in 0..<10 {
                let grants = (0..<20).map { _ in Sample.grant() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for grant in grants { group.addTask { try await store.insert(grant) } }
                    try await group.waitForAll()
                }
                acknowledged += grants
                // The files as they are, without the index in shared memory: it is rebuilt after a crash.
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(
                        atPath: directory.path("store.db" + suffix), toPath: directory.path("killed \(round).db" + suffix))
                }
                let survivor = try SQLiteStore(location: .file(directory.path("killed \(round).db")))
                for grant in acknowledged { #expect(try await survivor.refreshGrant(id: grant.id) == grant) }
                await survivor.close()
            }
            await store.close()
        }
    }

    @Test("commits wait for the disk")
    func synchronous() async throws {
        try await TemporaryDirectory.with { directory in
            let store = try SQLiteStore(location: .file(directory.path("store.db")))
            let pragmas = try await store.write(.oneStatement) { db in
                try ["synchronous", "foreign_keys"].map { try Int.fetchOne(db, sql: "PRAGMA \($0)") }
            }
            #expect(pragmas == [2, 1])
            #expect(try await store.read { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") } == "wal")
            await store.close()
        }
    }

    @Test("two stores on one file see each other's writes, and one of them wins a race")
    func twoStores() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            let stores = [try SQLiteStore(location: .file(path)), try SQLiteStore(location: .file(path))]
            for _ in 0..<10 {
                let grant = Sample.grant()
                try await stores[0].insert(grant)
                #expect(try await stores[1].refreshGrant(id: grant.id) == grant)
                let winners = try await countWinners(of: 20) { number in
                    var next = grant
                    next.secretHash = Sample.bytes()
                    return try await stores[number % 2].rotate(next, expecting: grant.secretHash)
                }
                #expect(winners == 1)
            }
            for store in stores { await store.close() }
        }
    }

    @Test("while another connection holds the lock writes are busy, and go on when it lets go")
    func busy() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            let store = try SQLiteStore(location: .file(path), options: .init(lockTimeout: .milliseconds(50)))
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE; DELETE FROM users") }
            let error = await #expect(throws: StoreError.self) { try await store.insert(Sample.grant(id: "late")) }
            guard case .busy(let text) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(text.contains(path))
            #expect(try await store.refreshGrant(id: "late") == nil, "readers don't wait for writers")
            try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
            try await store.insert(Sample.grant(id: "late"))
            #expect(try await store.refreshGrant(id: "late") != nil)
            await store.close()
        }
    }

    @Test("no room in the database is a full disk, and writes go on when there is room")
    func full() async throws {
        let store = try SQLiteStore(location: .memory)
        try await store.write(.oneStatement) { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        var stored: [RefreshGrant] = []
        let error = await #expect(throws: StoreError.self) {
            while true {
                let grant = Sample.grant()
                try await store.insert(grant)
                stored.append(grant)
            }
        }
        guard case .diskFull = error else { Issue.record("\(String(describing: error))"); return }
        for grant in stored { #expect(try await store.refreshGrant(id: grant.id) == grant) }
        try await store.write(.oneStatement) { db in try db.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await store.insert(Sample.grant())
    }

    @Test("what isn't a database is corrupt, what can't be one says what it must be")
    func unusable() async throws {
        try await TemporaryDirectory.with { directory in
            let garbage = directory.path("garbage.db")
            try Data(Sample.bytes(8192)).write(to: URL(fileURLWithPath: garbage))
            let cases: [(path: String, isExpected: (StoreError?) -> Bool)] = [
                (garbage, { if case .corrupt(let text) = $0 { text.contains(garbage) } else { false } }),
                (directory.path, { if case .failed(let text) = $0 { text.contains("must be a file") } else { false } }),
                (
                    directory.path("no/such.db"),
                    { if case .failed(let text) = $0 { text.contains("directory must exist") } else { false } }
                ),
            ]
            for (path, isExpected) in cases {
                let error = #expect(throws: StoreError.self) { try SQLiteStore(location: .file(path)) }
                #expect(isExpected(error), "\(String(describing: error))")
            }
        }
    }

    @Test("a damaged page is corrupt, not a crash")
    func damagedPage() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            let store = try SQLiteStore(location: .file(path))
            let grants = (0..<200).map { _ in Sample.grant() }
            for grant in grants { try await store.insert(grant) }
            await store.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            // All but the pages of the schema.
            for index in (bytes.count / 2)..<bytes.count { bytes[index] = UInt8.random(in: 0...255) }
            try bytes.write(to: URL(fileURLWithPath: path))
            let damaged = try SQLiteStore(location: .file(path))
            var failures = 0
            for grant in grants {
                do {
                    _ = try await damaged.refreshGrant(id: grant.id)
                } catch {
                    guard case StoreError.corrupt = error else { throw error }
                    failures += 1
                }
            }
            #expect(failures > 0)
            await damaged.close()
        }
    }

    @Test(
        "a value that doesn't parse is corrupt, and the text names table, key and column",
        arguments: [
            ("UPDATE signing_keys SET algorithm = 'none'", "table signing_keys, key K: column algorithm"),
            ("UPDATE sealing_keys SET key = x'00'", "table sealing_keys, key 1: column key"),
            ("UPDATE sealing_keys SET version = -1", "table sealing_keys, key -1: column version"),
            ("UPDATE clients SET redirect_uris = '{}'", "table clients, key C: column redirect_uris"),
            ("UPDATE clients SET redirect_uris = '[1]'", "table clients, key C: column redirect_uris"),
            ("UPDATE clients SET authentication_method = 'magic'", "table clients, key C: column authentication_method"),
            (
                "UPDATE authorization_codes SET code_challenge = 'short', code_challenge_method = 'S256'",
                "table authorization_codes, key 0a: column code_challenge_method"
            ),
            (
                "UPDATE authorization_codes SET code_challenge = NULL, code_challenge_method = 'S256'",
                "table authorization_codes, key 0a: column code_challenge_method"
            ),
        ])
    func unparsable(damage: String, place: String) async throws {
        let store = try SQLiteStore(location: .memory)
        try await store.insert(Sample.client(id: "C"))
        var code = Sample.code()
        code.hash = [0x0A]
        try await store.insert(code)
        var key = Sample.signingKey()
        key.keyID = "K"
        _ = try await store.insert(key, after: nil, predecessorExpiresAt: nil)
        _ = try await store.insert(Sample.sealingKey(version: 1))
        try await store.write(.oneStatement) { db in try db.execute(sql: damage) }
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.client(id: "C")
            _ = try await store.authorizationCode(hash: [0x0A])
            _ = try await store.signingKeys()
            _ = try await store.sealingKeys()
        }
        guard case .corrupt(let text) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(text.contains(place), "\(text)")
    }

    @Test("times that no clock shows are stored as the nearest possible")
    func extremeTimes() {
        for time in [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: 0), Date(timeIntervalSince1970: -1.5)] {
            #expect(Date(microseconds: time.microseconds) == time)
        }
        #expect(Date(timeIntervalSince1970: .nan).microseconds == 0)
        #expect(Date(timeIntervalSince1970: .infinity).microseconds == .max)
        #expect(Date(timeIntervalSince1970: -.infinity).microseconds == .min)
        #expect(Date(timeIntervalSince1970: 1e300).microseconds == .max)
    }
}
