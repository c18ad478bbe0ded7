import Foundation
import JOSE
import OpenIDConnect
import Testing

@Suite("Any store: maintenance") struct StoreConformanceMaintenanceTests {
    private static let now = Sample.time(microseconds: 1_800_000_000_000_000)

    private static func ago(_ seconds: Double) -> Date { now.addingTimeInterval(-seconds) }

    @Test("what has expired goes, what expires now or later stays", arguments: StoreBackend.allCases)
    func expiry(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let used = Sample.bytes()
            let fresh = Sample.bytes()
            _ = try await store.use(assertion: used, until: Self.ago(1))
            _ = try await store.use(assertion: fresh, until: Self.now)
            try await store.revoke(id: "old", until: Self.ago(1))
            try await store.revoke(id: "current", until: Self.now)
            _ = try await store.insert(Sample.sealingKey(version: 1, expiresAt: Self.ago(1)))
            _ = try await store.insert(Sample.sealingKey(version: 2, expiresAt: Self.now))
            let keys = (0..<3).map { Sample.signingKey(activatesAt: Self.ago(Double(100 - $0))) }
            _ = try await store.insert(keys[0], after: nil, predecessorExpiresAt: nil)
            _ = try await store.insert(keys[1], after: keys[0].keyID, predecessorExpiresAt: Self.ago(1))
            _ = try await store.insert(keys[2], after: keys[1].keyID, predecessorExpiresAt: Self.now)

            #expect(try await store.collectGarbage(now: Self.now, createdBefore: nil, usedBefore: nil, limit: 100) == 4)

            #expect(try await store.use(assertion: used, until: Self.now), "collected, so that it counts as new")
            #expect(try await store.use(assertion: fresh, until: Self.now) == false)
            #expect(try await store.revocations(after: 0).map(\.id) == ["current"])
            #expect(try await store.sealingKeys().map(\.key.id) == [2])
            #expect(try await store.signingKeys().map(\.keyID) == [keys[1].keyID, keys[2].keyID])
        }
    }

    @Test("codes stay ten minutes after they expire at least, so that a second use is seen", arguments: StoreBackend.allCases)
    func codes(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let old = Sample.code(expiresAt: Self.ago(86_400))
            let recent = Sample.code(expiresAt: Self.ago(600))
            for code in [old, recent] { try await store.insert(code) }
            _ = try await store.redeem(codeHash: recent.hash, at: Self.ago(610), creating: nil)
            #expect(try await store.collectGarbage(now: Self.now, createdBefore: nil, usedBefore: nil, limit: 100) == 1)
            #expect(try await store.authorizationCode(hash: old.hash) == nil)
            #expect(try await store.authorizationCode(hash: recent.hash)?.redeemedAt == Self.ago(610))
        }
    }

    @Test("refresh grants go when too old or too long unused, and never without a limit", arguments: StoreBackend.allCases)
    func refreshGrants(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            func insert(_ id: String, created: Double, used: Double) async throws {
                try await store.insert(
                    Sample.grant(
                        id: id, userID: "jane", connectorID: "local", createdAt: Self.ago(created), lastUsedAt: Self.ago(used)))
            }
            try await insert("a old", created: 101, used: 0)
            try await insert("b idle", created: 60, used: 51)
            try await insert("c at the limits", created: 100, used: 50)
            func collect(createdBefore: Date?, usedBefore: Date?) async throws -> Int {
                try await store.collectGarbage(now: Self.now, createdBefore: createdBefore, usedBefore: usedBefore, limit: 100)
            }
            func remaining() async throws -> [String] {
                try await store.refreshGrants(userID: "jane", connectorID: "local", clientID: nil).map(\.id).sorted()
            }
            #expect(try await collect(createdBefore: nil, usedBefore: nil) == 0)
            #expect(try await collect(createdBefore: Self.ago(100), usedBefore: nil) == 1)
            #expect(try await remaining() == ["b idle", "c at the limits"])
            #expect(try await collect(createdBefore: nil, usedBefore: Self.ago(50)) == 1)
            #expect(try await remaining() == ["c at the limits"])
        }
    }

    @Test("a call removes at most its limit, over all tables together", arguments: StoreBackend.allCases)
    func limit(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for number in 0..<7 {
                _ = try await store.use(assertion: Sample.bytes(), until: Self.ago(1))
                try await store.revoke(id: "\(number)", until: Self.ago(1))
            }
            func collect() async throws -> Int {
                try await store.collectGarbage(now: Self.now, createdBefore: nil, usedBefore: nil, limit: 5)
            }
            var removed: [Int] = []
            for _ in 0..<4 { removed.append(try await collect()) }
            #expect(removed == [5, 5, 4, 0])
            #expect(try await store.collectGarbage(now: Self.now, createdBefore: nil, usedBefore: nil, limit: 0) == 0)
        }
    }

    @Test("a healthy store says so, and a closed one refuses", arguments: StoreBackend.allCases)
    func health(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.checkHealth()
            #expect(store.writeQueueDepth == 0)
            await store.close()
            await #expect(throws: StoreError.self) { try await store.checkHealth() }
            await #expect(throws: StoreError.self) { try await store.clients() }
            await store.close()
        }
    }

    @Test("a write is seen by every read that begins after it", arguments: StoreBackend.allCases)
    func readYourWrites(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        for _ in 0..<50 {
                            let grant = Sample.grant()
                            try await store.insert(grant)
                            guard try await store.refreshGrant(id: grant.id) == grant else { return false }
                        }
                        return true
                    }
                }
                for try await isSeen in group { #expect(isSeen) }
            }
        }
    }
}
