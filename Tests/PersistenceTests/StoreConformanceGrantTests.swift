import Foundation
import OpenIDConnect
import Testing

@Suite("Any store: refresh grants and revocations") struct StoreConformanceGrantTests {
    @Test("a refresh grant comes back as it went in, every field", arguments: StoreBackend.allCases)
    func roundTrip(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for _ in 0..<50 {
                let grant = Sample.grant()
                try await store.insert(grant)
                #expect(try await store.refreshGrant(id: grant.id) == grant)
            }
            #expect(try await store.refreshGrant(id: "unknown") == nil)
        }
    }

    @Test("texts come back byte for byte, not just equivalent", arguments: StoreBackend.allCases)
    func bytes(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            // The same character composed and decomposed: Swift calls them equal, `sub` must not.
            for (id, userID) in [("composed", "\u{E9}"), ("decomposed", "e\u{301}")] {
                try await store.insert(Sample.grant(id: id, userID: userID, connectorID: "local"))
                let found = try await store.refreshGrant(id: id)
                #expect(found.map { Array($0.authentication.identity.userID.utf8) } == Array(userID.utf8))
                #expect(try await store.refreshGrants(userID: userID, connectorID: "local", clientID: nil).map(\.id) == [id])
            }
        }
    }

    @Test("a NUL character survives in a list and is refused elsewhere", arguments: StoreBackend.allCases)
    func nul(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var grant = Sample.grant()
            grant.authentication.identity.groups = ["a\0b"]
            try await store.insert(grant)
            #expect(try await store.refreshGrant(id: grant.id) == grant)
            let expected = grant.secretHash
            let renamed = Sample.grant(id: grant.id, userID: "admin\0x")
            await #expect(throws: StoreError.self) { try await store.rotate(renamed, expecting: expected) }
            await #expect(throws: StoreError.self) { try await store.insert(Sample.grant(userID: "admin\0x")) }
            #expect(try await store.refreshGrant(id: grant.id) == grant)
        }
    }

    @Test("a rotation replaces secrets, use, identity and connector data, and nothing else", arguments: StoreBackend.allCases)
    func rotate(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for _ in 0..<20 {
                let before = Sample.grant()
                try await store.insert(before)
                var after = Sample.grant(id: before.id)
                // Half of them keep the person's id, as nearly all real ones do.
                if Bool.random() { after.authentication.identity.userID = before.authentication.identity.userID }
                #expect(try await store.rotate(after, expecting: before.secretHash))
                var expected = before
                expected.secretHash = after.secretHash
                expected.previousSecretHash = after.previousSecretHash
                expected.lastUsedAt = after.lastUsedAt
                expected.authentication.identity = after.authentication.identity
                expected.authentication.connectorData = after.authentication.connectorData
                #expect(try await store.refreshGrant(id: before.id) == expected)
            }
        }
    }

    @Test("a rotation that expects another secret, or finds no grant, changes nothing", arguments: StoreBackend.allCases)
    func rotateRefused(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let grant = Sample.grant()
            try await store.insert(grant)
            #expect(try await store.rotate(Sample.grant(id: grant.id), expecting: Sample.bytes()) == false)
            #expect(try await store.rotate(Sample.grant(id: "gone"), expecting: grant.secretHash) == false)
            #expect(try await store.refreshGrant(id: grant.id) == grant)
            #expect(try await store.refreshGrant(id: "gone") == nil)
        }
    }

    @Test("of 50 that rotate a grant at once one wins", arguments: StoreBackend.allCases)
    func rotateRace(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let grant = Sample.grant()
            try await store.insert(grant)
            let winners = try await countWinners(of: 50) { _ in
                var next = grant
                next.secretHash = Sample.bytes()
                next.previousSecretHash = grant.secretHash
                return try await store.rotate(next, expecting: grant.secretHash)
            }
            #expect(winners == 1)
        }
    }

    @Test("a person's grants are listed newest first, at one client or at all", arguments: StoreBackend.allCases)
    func listing(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let time = Sample.time()
            func insert(
                _ id: String, client: String, age: Double, user: String = "jane", connector: String = "local"
            ) async throws {
                try await store.insert(
                    Sample.grant(
                        id: id, clientID: client, userID: user, connectorID: connector, createdAt: time.addingTimeInterval(-age)))
            }
            try await insert("old", client: "app", age: 30)
            try await insert("new", client: "app", age: 10)
            try await insert("middle", client: "other", age: 20)
            try await insert("same age", client: "app", age: 10)
            try await insert("other person", client: "app", age: 0, user: "john")
            try await insert("other connector", client: "app", age: 0, connector: "ldap")
            func ids(_ client: String?) async throws -> [String] {
                try await store.refreshGrants(userID: "jane", connectorID: "local", clientID: client).map(\.id)
            }
            #expect(try await ids(nil) == ["new", "same age", "middle", "old"])
            #expect(try await ids("app") == ["new", "same age", "old"])
            #expect(try await ids("nobody") == [])
        }
    }

    @Test("a revocation removes the refresh grant and is seen after every earlier position", arguments: StoreBackend.allCases)
    func revoke(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let grant = Sample.grant()
            let until = Sample.time()
            try await store.insert(grant)
            try await store.revoke(id: grant.id, until: until)
            try await store.revoke(id: "a token's jti", until: until)
            #expect(try await store.refreshGrant(id: grant.id) == nil)
            #expect(try await store.rotate(grant, expecting: grant.secretHash) == false)
            let all = try await store.revocations(after: 0)
            #expect(all.map(\.id) == [grant.id, "a token's jti"])
            #expect(all.allSatisfy { $0.until == until })
            #expect(all[0].position < all[1].position)
            #expect(try await store.revocations(after: all[0].position) == [all[1]])
            #expect(try await store.revocations(after: all[1].position).isEmpty)
        }
    }

    @Test("a second revocation is news only if it is longer", arguments: StoreBackend.allCases)
    func revokeTwice(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let until = Sample.time()
            try await store.revoke(id: "grant", until: until)
            let first = try await store.revocations(after: 0)
            try await store.revoke(id: "grant", until: until)
            try await store.revoke(id: "grant", until: until.addingTimeInterval(-100))
            #expect(try await store.revocations(after: 0) == first)
            try await store.revoke(id: "grant", until: until.addingTimeInterval(100))
            let news = try await store.revocations(after: first[0].position)
            #expect(news.map(\.until) == [until.addingTimeInterval(100)])
            #expect(try await store.revocations(after: 0) == news)
        }
    }

    @Test("a position is never used again, even when all revocations have been collected", arguments: StoreBackend.allCases)
    func positions(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let until = Sample.time()
            try await store.revoke(id: "first", until: until)
            let last = try await store.revocations(after: 0)[0].position
            _ = try await store.collectGarbage(now: until.addingTimeInterval(1), createdBefore: nil, usedBefore: nil, limit: 10)
            #expect(try await store.revocations(after: 0).isEmpty)
            try await store.revoke(id: "second", until: until)
            #expect(try await store.revocations(after: last).map(\.id) == ["second"])
        }
    }
}
