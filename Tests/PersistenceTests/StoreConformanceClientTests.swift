import Foundation
import OpenIDConnect
import Testing

@Suite("Any store: clients") struct StoreConformanceClientTests {
    @Test("a client comes back as it went in, every field", arguments: StoreBackend.allCases)
    func roundTrip(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for _ in 0..<50 {
                let client = Sample.client()
                try await store.insert(client)
                #expect(try await store.client(id: client.id) == client)
            }
        }
    }

    @Test("no secret, an empty secret and an empty hash are three different things", arguments: StoreBackend.allCases)
    func emptySecrets(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for secret in [nil, ClientSecret.plain(""), .sha256([])] {
                let client = Client(id: Sample.id(), secret: secret, name: "", keys: secret == nil ? nil : "")
                try await store.insert(client)
                #expect(try await store.client(id: client.id) == client)
            }
        }
    }

    @Test("who isn't there isn't found, updated or removed", arguments: StoreBackend.allCases)
    func missing(_ backend: StoreBackend) async throws {
        try await backend.withStore { store async throws in
            #expect(try await store.client(id: "nobody") == nil)
            #expect(try await store.update(Sample.client(id: "nobody")) == false)
            #expect(try await store.removeClient(id: "nobody", revokedUntil: Sample.time()) == false)
            #expect(try await store.clients().isEmpty)
            #expect(try await store.revocations(after: 0).isEmpty)
        }
    }

    @Test("a second client of the same id is refused and the first stays", arguments: StoreBackend.allCases)
    func duplicate(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let first = Sample.client(id: "app")
            try await store.insert(first)
            await #expect(throws: StoreError.alreadyExists("client app")) { try await store.insert(Sample.client(id: "app")) }
            #expect(try await store.client(id: "app") == first)
        }
    }

    @Test("an update replaces every field of that client alone", arguments: StoreBackend.allCases)
    func update(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let other = Sample.client()
            try await store.insert(Sample.client(id: "app"))
            try await store.insert(other)
            for _ in 0..<20 {
                let changed = Sample.client(id: "app")
                #expect(try await store.update(changed))
                #expect(try await store.client(id: "app") == changed)
            }
            #expect(try await store.client(id: other.id) == other)
        }
    }

    @Test("clients are listed by id, in the order of their bytes", arguments: StoreBackend.allCases)
    func order(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for id in ["b", "B", "a", "é", "10", "9", "a b"] { try await store.insert(Sample.client(id: id)) }
            #expect(try await store.clients().map(\.id) == ["10", "9", "B", "a", "a b", "b", "é"])
        }
    }

    @Test(
        "with a client go its codes and refresh grants, and its tokens are revoked; others stay", arguments: StoreBackend.allCases
    )
    func removal(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let time = Sample.time()
            let until = time.addingTimeInterval(3600)
            for id in ["app", "other"] { try await store.insert(Sample.client(id: id)) }
            let unredeemed = Sample.code(grantID: "unredeemed", clientID: "app")
            let redeemed = Sample.code(grantID: "redeemed", clientID: "app")
            let foreign = Sample.code(grantID: "foreign", clientID: "other")
            for code in [unredeemed, redeemed, foreign] { try await store.insert(code) }
            _ = try await store.redeem(codeHash: redeemed.hash, at: time, creating: nil)
            let grant = Sample.grant(id: "refresh", clientID: "app")
            let foreignGrant = Sample.grant(id: "foreign refresh", clientID: "other")
            try await store.insert(grant)
            try await store.insert(foreignGrant)

            #expect(try await store.removeClient(id: "app", revokedUntil: until))

            #expect(try await store.client(id: "app") == nil)
            #expect(try await store.authorizationCode(hash: unredeemed.hash) == nil)
            #expect(try await store.authorizationCode(hash: redeemed.hash) == nil)
            #expect(try await store.refreshGrant(id: "refresh") == nil)
            let revocations = try await store.revocations(after: 0)
            #expect(Set(revocations.map(\.id)) == ["redeemed", "refresh"])
            #expect(revocations.allSatisfy { $0.until == until })
            #expect(try await store.client(id: "other") != nil)
            #expect(try await store.authorizationCode(hash: foreign.hash) == foreign)
            #expect(try await store.refreshGrant(id: "foreign refresh") == foreignGrant)
        }
    }

    @Test("removing a client never shortens a revocation", arguments: StoreBackend.allCases)
    func removalAfterRevocation(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let time = Sample.time()
            try await store.insert(Sample.client(id: "app"))
            let code = Sample.code(grantID: "grant", clientID: "app")
            try await store.insert(code)
            _ = try await store.redeem(codeHash: code.hash, at: time, creating: nil)
            try await store.revoke(id: "grant", until: time.addingTimeInterval(500))
            _ = try await store.removeClient(id: "app", revokedUntil: time.addingTimeInterval(100))
            #expect(try await store.revocations(after: 0).map(\.until) == [time.addingTimeInterval(500)])
        }
    }

    @Test("a text with a NUL character is refused, and finds nothing", arguments: StoreBackend.allCases)
    func nul(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.insert(Sample.client(id: "app"))
            await #expect(throws: StoreError.self) { try await store.insert(Sample.client(id: "new\0app")) }
            let client = Client(id: "second", secret: nil, name: "cut\0off")
            await #expect(throws: StoreError.self) { try await store.insert(client) }
            #expect(try await store.client(id: "app\0") == nil)
            #expect(try await store.removeClient(id: "app\0", revokedUntil: Sample.time()) == false)
            #expect(try await store.clients().map(\.id) == ["app"])
        }
    }
}
