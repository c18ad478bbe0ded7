import Foundation
import OpenIDConnect
import Testing

@Suite("Any store: sessions of the edge") struct StoreConformanceEdgeSessionTests {
    private static let session = StoredEdgeSession(
        key: [1, 2, 3], content: "sealed", expiresAt: Date(timeIntervalSince1970: 1_800_000_000))

    @Test("a session comes back as it went in, and goes", arguments: StoreBackend.allCases)
    func roundTrip(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            #expect(try await store.edgeSession(key: [1, 2, 3]) == nil)
            try await store.insert(Self.session)
            #expect(try await store.edgeSession(key: [1, 2, 3]) == Self.session)
            #expect(try await store.edgeSession(key: [1, 2]) == nil)
            try await store.removeEdgeSession(key: [1, 2, 3])
            #expect(try await store.edgeSession(key: [1, 2, 3]) == nil)
        }
    }

    @Test("of two changes at once one counts, and none brings back what has ended", arguments: StoreBackend.allCases)
    func update(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.insert(Self.session)
            var next = Self.session
            next.version = 2
            next.content = "sealed anew"
            #expect(try await store.update(next))
            #expect(try await store.update(next) == false)
            #expect(try await store.edgeSession(key: [1, 2, 3]) == next)
            try await store.removeEdgeSession(key: [1, 2, 3])
            next.version = 3
            #expect(try await store.update(next) == false)
            #expect(try await store.edgeSession(key: [1, 2, 3]) == nil)
        }
    }

    @Test("one of many may refresh, for a while", arguments: StoreBackend.allCases)
    func claim(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = Date(timeIntervalSince1970: 1_700_000_000)
            #expect(try await store.claimRefresh(key: [1, 2, 3], version: 1, now: now, until: now + 30) == false)
            try await store.insert(Self.session)
            #expect(try await store.claimRefresh(key: [1, 2, 3], version: 2, now: now, until: now + 30) == false)
            let claims = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await store.claimRefresh(key: [1, 2, 3], version: 1, now: now, until: now + 30) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(claims.count(where: \.self) == 1)
            // Whoever had it has gone away.
            #expect(try await store.claimRefresh(key: [1, 2, 3], version: 1, now: now + 31, until: now + 60))
        }
    }
}
