import Foundation
import OpenIDConnect
import Testing

@Suite("Any store: authorization codes") struct StoreConformanceCodeTests {
    @Test("a code comes back as it went in, every field", arguments: StoreBackend.allCases)
    func roundTrip(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for _ in 0..<50 {
                var code = Sample.code()
                code.redeemedAt = [nil, Sample.time()].randomElement() ?? nil
                try await store.insert(code)
                #expect(try await store.authorizationCode(hash: code.hash) == code)
            }
        }
    }

    @Test("an unknown code isn't found and can't be redeemed", arguments: StoreBackend.allCases)
    func missing(_ backend: StoreBackend) async throws {
        try await backend.withStore { store async throws in
            #expect(try await store.authorizationCode(hash: Sample.bytes()) == nil)
            #expect(
                try await store.redeem(codeHash: Sample.bytes(), at: Sample.time(), creating: Sample.grant(id: "new")) == false)
            #expect(try await store.refreshGrant(id: "new") == nil)
        }
    }

    @Test("the same code can't be stored twice", arguments: StoreBackend.allCases)
    func duplicate(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let code = Sample.code()
            try await store.insert(code)
            await #expect(throws: StoreError.alreadyExists("authorization code")) { try await store.insert(code) }
        }
    }

    @Test("a code is redeemed once, and remembered with its time", arguments: StoreBackend.allCases)
    func redeem(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var code = Sample.code()
            let grant = Sample.grant(id: code.grantID)
            try await store.insert(code)
            let time = Sample.time()
            #expect(try await store.redeem(codeHash: code.hash, at: time, creating: grant))
            #expect(try await store.refreshGrant(id: grant.id) == grant)
            #expect(
                try await store.redeem(codeHash: code.hash, at: time.addingTimeInterval(1), creating: Sample.grant(id: "second"))
                    == false)
            #expect(try await store.refreshGrant(id: "second") == nil)
            code.redeemedAt = time
            #expect(try await store.authorizationCode(hash: code.hash) == code)
        }
    }

    @Test("of 50 that redeem a code at once one wins, and one refresh grant is made", arguments: StoreBackend.allCases)
    func race(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let code = Sample.code()
            try await store.insert(code)
            let winners = try await countWinners(of: 50) { number in
                let grant = Sample.grant(id: "grant \(number)", userID: "jane", connectorID: "local")
                return try await store.redeem(codeHash: code.hash, at: grant.createdAt, creating: grant)
            }
            #expect(winners == 1)
            #expect(try await store.refreshGrants(userID: "jane", connectorID: "local", clientID: nil).count == 1)
        }
    }

    @Test("a code whose grant has been revoked can't be redeemed", arguments: StoreBackend.allCases)
    func revoked(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let code = Sample.code()
            try await store.insert(code)
            try await store.revoke(id: code.grantID, until: Sample.time())
            #expect(try await store.redeem(codeHash: code.hash, at: Sample.time(), creating: Sample.grant(id: "new")) == false)
            #expect(try await store.authorizationCode(hash: code.hash) == code)
            #expect(try await store.refreshGrant(id: "new") == nil)
        }
    }

    @Test("if its refresh grant can't be stored, the code isn't redeemed either", arguments: StoreBackend.allCases)
    func together(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let code = Sample.code()
            let grant = Sample.grant()
            try await store.insert(code)
            try await store.insert(grant)
            await #expect(throws: StoreError.alreadyExists("refresh grant \(grant.id)")) {
                try await store.redeem(codeHash: code.hash, at: Sample.time(), creating: grant)
            }
            #expect(try await store.authorizationCode(hash: code.hash) == code)
            #expect(try await store.redeem(codeHash: code.hash, at: Sample.time(), creating: nil))
        }
    }
}
