import Foundation
import GRDB
import OpenIDConnect
import Testing

@testable import Persistence

@Suite("Group commit") struct GroupCommitTests {
    @Test("writes that wait together share one commit")
    func sharing() async throws {
        try await TemporaryDirectory.with { directory in
            let store = try SQLiteStore(location: .file(directory.path("store.db")))
            let grants = (0..<200).map { _ in Sample.grant() }
            let before = store.writeStatistics
            let results = try await Gate.together(store, grants.map { grant in { try await store.insert(grant) } })
            #expect(results.allSatisfy { (try? $0.get()) != nil })
            // The gate's own, and one for all that gathered meanwhile.
            #expect(store.writeStatistics.commits - before.commits == 2)
            #expect(store.writeStatistics.operations - before.operations == 201)
            for grant in grants { #expect(try await store.refreshGrant(id: grant.id) == grant) }
            await store.close()
        }
    }

    @Test("a group has at most as many writes as its limit")
    func groupLimit() async throws {
        let store = try SQLiteStore(location: .memory, options: .init(groupLimit: 10))
        let before = store.writeStatistics.commits
        _ = try await Gate.together(store, (0..<25).map { _ in { try await store.insert(Sample.grant()) } })
        #expect(store.writeStatistics.commits - before == 1 + 3)
    }

    @Test("an operation that fails leaves nothing behind and disturbs no neighbor")
    func isolation() async throws {
        let store = try SQLiteStore(location: .memory)
        let code = Sample.code()
        let existing = Sample.grant(id: "existing")
        try await store.insert(code)
        try await store.insert(existing)
        let results = try await Gate.together(
            store,
            (0..<30).map { number in
                switch number % 3 {
                case 0: { try await store.insert(Sample.grant(id: "new \(number)")) }
                case 1: { try await store.insert(Sample.grant(id: "existing")) }
                // Redeems the code first, then fails to store the grant.
                default: { _ = try await store.redeem(codeHash: code.hash, at: Sample.time(), creating: existing) }
                }
            })
        for (number, result) in results.enumerated() {
            if number % 3 == 0 {
                #expect(throws: Never.self) { try result.get() }
                #expect(try await store.refreshGrant(id: "new \(number)") != nil)
            } else {
                #expect(throws: StoreError.alreadyExists("refresh grant existing")) { try result.get() }
            }
        }
        #expect(try await store.authorizationCode(hash: code.hash) == code)
        #expect(try await store.refreshGrant(id: "existing") == existing)
    }

    @Test("when the commit fails, every operation of the group fails and none is kept")
    func failedCommit() async throws {
        let store = try SQLiteStore(location: .memory)
        try await store.write(.severalStatements) { db in
            try db.execute(
                sql: """
                    CREATE TABLE parents (id INTEGER PRIMARY KEY);
                    CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
                    """)
        }
        let results = try await Gate.together(
            store,
            [
                { try await store.insert(Sample.grant(id: "bystander")) },
                // An orphan: SQLite finds it at the commit.
                { try await store.write(.oneStatement) { db in try db.execute(sql: "INSERT INTO children VALUES (1)") } },
            ])
        for result in results { #expect(throws: StoreError.self) { try result.get() } }
        #expect(try await store.refreshGrant(id: "bystander") == nil)
        try await store.insert(Sample.grant(id: "bystander"))
        #expect(try await store.refreshGrant(id: "bystander") != nil)
    }

    @Test("a full queue refuses at once, and takes writes again when it has emptied")
    func overload() async throws {
        let store = try SQLiteStore(location: .memory, options: .init(queueLimit: 2))
        let gate = Gate()
        async let holder: Void = gate.hold(store)
        await gate.entered()
        async let first: Void = store.insert(Sample.grant())
        async let second: Void = store.insert(Sample.grant())
        while store.writeQueueDepth < 2 { await Task.yield() }
        await #expect(throws: StoreError.overloaded) { try await store.insert(Sample.grant(id: "third")) }
        gate.open()
        try await holder
        try await first
        try await second
        #expect(try await store.refreshGrant(id: "third") == nil)
        try await store.insert(Sample.grant(id: "third"))
    }

    @Test("closing finishes what was accepted")
    func closing() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path("store.db")
            let store = try SQLiteStore(location: .file(path))
            let gate = Gate()
            async let holder: Void = gate.hold(store)
            await gate.entered()
            async let accepted: Void = store.insert(Sample.grant(id: "accepted"))
            while store.writeQueueDepth < 1 { await Task.yield() }
            async let closed: Void = store.close()
            gate.open()
            try await holder
            try await accepted
            await closed
            let reopened = try SQLiteStore(location: .file(path))
            #expect(try await reopened.refreshGrant(id: "accepted") != nil)
            await reopened.close()
        }
    }

    @Test("a caller that is canceled while it waits leaves a whole write")
    func cancellation() async throws {
        let store = try SQLiteStore(location: .memory)
        let gate = Gate()
        async let holder: Void = gate.hold(store)
        await gate.entered()
        let code = Sample.code()
        let task = Task { try await store.insert(code) }
        while store.writeQueueDepth < 1 { await Task.yield() }
        task.cancel()
        gate.open()
        try await holder
        try await task.value
        #expect(try await store.authorizationCode(hash: code.hash) == code)
    }
}
