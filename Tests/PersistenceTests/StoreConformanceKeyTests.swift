import Foundation
import JOSE
import OpenIDConnect
import Testing

@Suite("Any store: keys and assertions") struct StoreConformanceKeyTests {
    @Test("signing keys come back as they went in, ordered by activation", arguments: StoreBackend.allCases)
    func signingKeys(_ backend: StoreBackend) async throws {
        try await backend.withStore { store async throws in
            let time = Sample.time()
            var expected: [StoredSigningKey] = []
            for number in 0..<20 {
                let key = Sample.signingKey(activatesAt: time.addingTimeInterval(Double(number)))
                let end = Bool.random() ? nil : Sample.time()
                #expect(try await store.insert(key, after: expected.last?.keyID, predecessorExpiresAt: end))
                if !expected.isEmpty { expected[expected.count - 1].expiresAt = end }
                expected.append(key)
            }
            #expect(try await store.signingKeys() == expected)
        }
    }

    @Test("a successor of a key that isn't the latest is refused and changes nothing", arguments: StoreBackend.allCases)
    func staleSuccessor(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let time = Sample.time()
            let first = Sample.signingKey(activatesAt: time)
            let second = Sample.signingKey(activatesAt: time.addingTimeInterval(10))
            let late = Sample.signingKey(activatesAt: time.addingTimeInterval(20))
            #expect(try await store.insert(late, after: "unknown", predecessorExpiresAt: nil) == false)
            #expect(try await store.insert(first, after: nil, predecessorExpiresAt: nil))
            #expect(try await store.insert(late, after: nil, predecessorExpiresAt: nil) == false)
            #expect(try await store.insert(second, after: first.keyID, predecessorExpiresAt: nil))
            let before = try await store.signingKeys()
            #expect(try await store.insert(late, after: first.keyID, predecessorExpiresAt: time) == false)
            #expect(try await store.signingKeys() == before)
        }
    }

    @Test("of many processes that store a first key or a successor one wins", arguments: StoreBackend.allCases)
    func race(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var predecessor: String?
            for round in 0..<3 {
                let time = Sample.time(microseconds: 1_800_000_000_000_000 + Int64(round) * 1_000_000)
                let winners = try await countWinners(of: 20) { [predecessor] _ in
                    try await store.insert(Sample.signingKey(activatesAt: time), after: predecessor, predecessorExpiresAt: nil)
                }
                #expect(winners == 1)
                predecessor = try await store.signingKeys().last?.keyID
            }
            #expect(try await store.signingKeys().count == 3)
        }
    }

    @Test(
        "a key that is put back is the latest again and has no end; of many processes one puts it back",
        arguments: StoreBackend.allCases)
    func reinstated(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let time = Sample.time()
            let first = Sample.signingKey(activatesAt: time)
            let second = Sample.signingKey(activatesAt: time.addingTimeInterval(10))
            let end = time.addingTimeInterval(1000)
            _ = try await store.insert(first, after: nil, predecessorExpiresAt: nil)
            _ = try await store.insert(second, after: first.keyID, predecessorExpiresAt: end)
            let before = try await store.signingKeys()
            for (key, predecessor) in [(first.keyID, first.keyID), ("unknown", second.keyID), (second.keyID, second.keyID)] {
                #expect(
                    try await store.reinstate(keyID: key, activatesAt: end, after: predecessor, predecessorExpiresAt: end)
                        == false)
            }
            #expect(try await store.signingKeys() == before)
            let winners = try await countWinners(of: 10) { _ in
                try await store.reinstate(
                    keyID: first.keyID, activatesAt: time.addingTimeInterval(20), after: second.keyID, predecessorExpiresAt: end)
            }
            #expect(winners == 1)
            var (again, former) = (first, second)
            again.activatesAt = time.addingTimeInterval(20)
            former.expiresAt = end
            #expect(try await store.signingKeys() == [former, again])
        }
    }

    @Test("sealing keys come back as they went in, ordered by version; a version is taken once", arguments: StoreBackend.allCases)
    func sealingKeys(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let keys = try [3, 1, UInt32.max, 0].map { try Sample.sealingKey(version: $0) }
            for key in keys { #expect(try await store.insert(key)) }
            #expect(try await store.insert(Sample.sealingKey(version: 3)) == false)
            let found = try await store.sealingKeys()
            let expected = keys.sorted { $0.key.id < $1.key.id }
            #expect(found.map(\.key.id) == expected.map(\.key.id))
            #expect(found.map(\.key.bytes) == expected.map(\.key.bytes))
            #expect(found.map(\.createdAt) == expected.map(\.createdAt))
            #expect(found.map(\.expiresAt) == expected.map(\.expiresAt))
        }
    }

    @Test("an assertion is used once, however many try", arguments: StoreBackend.allCases)
    func assertions(_ backend: StoreBackend) async throws {
        try await backend.withStore { store async throws in
            let key = Sample.bytes()
            let until = Sample.time()
            #expect(try await countWinners(of: 50) { _ in try await store.use(assertion: key, until: until) } == 1)
            #expect(try await store.use(assertion: key, until: until.addingTimeInterval(9)) == false)
            #expect(try await store.use(assertion: Sample.bytes(), until: until))
        }
    }
}
