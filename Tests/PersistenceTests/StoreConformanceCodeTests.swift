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

    @Test("a code uses up its sign-in: a second one of the same sign-in is not stored", arguments: StoreBackend.allCases)
    func usesUp(_ backend: StoreBackend) async throws {
        try await backend.withStore { store async throws in
            let once = SingleUse(key: Sample.bytes(), until: Sample.time())
            let (first, second) = (Sample.code(), Sample.code())
            #expect(try await store.isUsed(assertion: once.key) == false)
            #expect(try await store.insert(first, using: once))
            #expect(try await store.isUsed(assertion: once.key))
            #expect(try await store.insert(second, using: once) == false)
            #expect(try await store.authorizationCode(hash: first.hash) == first)
            #expect(try await store.authorizationCode(hash: second.hash) == nil)
            #expect(try await store.use(assertion: once.key, until: once.until) == false)
        }
    }

    @Test("of 50 codes of one sign-in one is stored", arguments: StoreBackend.allCases)
    func oneAnswer(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let once = SingleUse(key: Sample.bytes(), until: Sample.time())
            let codes = (0..<50).map { _ in Sample.code() }
            #expect(try await countWinners(of: 50) { try await store.insert(codes[$0], using: once) } == 1)
            var stored = 0
            for code in codes where try await store.authorizationCode(hash: code.hash) != nil { stored += 1 }
            #expect(stored == 1)
        }
    }

    @Test("a code that can't be stored uses nothing up", arguments: StoreBackend.allCases)
    func usesNothingUp(_ backend: StoreBackend) async throws {
        try await backend.withStore { store async throws in
            let code = Sample.code()
            try await store.insert(code)
            let once = SingleUse(key: Sample.bytes(), until: Sample.time())
            await #expect(throws: StoreError.alreadyExists("authorization code")) {
                try await store.insert(code, using: once)
            }
            #expect(try await store.isUsed(assertion: once.key) == false)
            #expect(try await store.insert(Sample.code(), using: once))
        }
    }
}
