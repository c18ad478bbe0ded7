import Foundation
import JOSE
import Persistence
import Testing

@testable import OpenIDConnect

@Suite("Key rotation") struct KeyRotationTests {
    /// A process of its own on the store that all share.
    private struct Replica {
        let ring = KeyRing()
        let keeper: KeyKeeper

        init(_ store: SQLiteStore, _ schedule: KeySchedule, _ clock: TestClock) {
            keeper = KeyKeeper(store: store, ring: ring, schedule: schedule, algorithm: .ES256, clock: clock, events: TestLog()) {
                try PrivateKey.generate($0)
            }
        }

        var published: Set<String> { Set((ring.current?.verification ?? []).compactMap(\.keyID)) }
    }

    /// A verifier that asks for the key set only when `max-age` has passed, and never because of an unknown `kid`.
    private struct Verifier {
        var known: Set<String> = []
        var fetchedAt = Date.distantPast
    }

    @Test(
        "never lets a verifier meet a token whose key it cannot know, over days, on two processes",
        arguments: [
            (KeySchedule(rotationPeriod: .seconds(6 * 3600), tokenLifetime: .seconds(24 * 3600)), 300.0),
            (KeySchedule(rotationPeriod: .seconds(600), tokenLifetime: .seconds(3600)), 20.0),
            (KeySchedule(rotationPeriod: .seconds(40), tokenLifetime: .seconds(30)), 1.0),
        ])
    func noGap(schedule: KeySchedule, step: TimeInterval) async throws {
        let clock = TestClock()
        let store = try SQLiteStore(location: .memory)
        let replicas = [Replica(store, schedule, clock), Replica(store, schedule, clock)]
        // The second one looks less often and so learns of everything later.
        let polls = [
            TimeInterval(KeyKeeper.pollInterval.components.seconds), 2 * TimeInterval(KeyKeeper.pollInterval.components.seconds),
        ]
        var lastPoll = [Date.distantPast, Date.distantPast]
        var verifier = Verifier()
        var issued: [(keyID: String, until: Date)] = []
        var signedBy: Set<String> = []
        for number in 0..<600 {
            for (index, replica) in replicas.enumerated() where clock.now.timeIntervalSince(lastPoll[index]) >= polls[index] {
                try await replica.keeper.refresh()
                lastPoll[index] = clock.now
            }
            // Whichever process answers.
            if clock.now.timeIntervalSince(verifier.fetchedAt) >= TimeInterval(schedule.maximumAge) {
                verifier = Verifier(known: replicas[number % 2].published, fetchedAt: clock.now)
            }
            for replica in replicas {
                let key = try #require(replica.ring.current?.signingKey(at: clock.now))
                try #require(verifier.known.contains(key.keyID), "step \(number): signed by a key that the verifier's copy lacks")
                issued.append((key.keyID, clock.now + schedule.tokenLifetime.timeInterval))
                signedBy.insert(key.keyID)
            }
            issued.removeAll { $0.until <= clock.now }
            let needed = Set(issued.map(\.keyID))
            for replica in replicas {
                try #require(needed.isSubset(of: replica.published), "step \(number): a key left before its last token")
            }
            clock.advance(step)
        }
        #expect(signedBy.count > 5, "keys did rotate")
        #expect(replicas[0].published.count < signedBy.count, "old keys did leave")
    }

    @Test("gives one successor when two processes make one at the same moment")
    func oneWins() async throws {
        let clock = TestClock()
        let store = try SQLiteStore(location: .memory)
        let schedule = KeySchedule(rotationPeriod: .seconds(600), tokenLifetime: .seconds(60))
        let replicas = (0..<8).map { _ in Replica(store, schedule, clock) }
        for _ in 0..<3 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for replica in replicas { group.addTask { try await replica.keeper.refresh() } }
                try await group.waitForAll()
            }
            #expect(Set(replicas.map(\.published)).count == 1)
            clock.advance(400)
        }
    }

    @Test("begins at once where only public halves of former keys are left, and keeps those published")
    func afterFiles() async throws {
        let clock = TestClock()
        let store = try SQLiteStore(location: .memory)
        let former = try PrivateKey.generate(.ec(.p384)).publicKey
        let stored = StoredSigningKey(
            keyID: former.thumbprint, algorithm: .ES384, privateKeyPEM: try former.pem(), createdAt: clock.now,
            activatesAt: clock.now)
        _ = try await store.insert(stored, after: nil, predecessorExpiresAt: nil)
        clock.advance(10)
        let replica = Replica(store, KeySchedule(rotationPeriod: .seconds(6 * 3600), tokenLifetime: .seconds(60)), clock)
        for _ in 0..<2 {
            try await replica.keeper.refresh()
            let key = try #require(replica.ring.current?.signingKey(at: clock.now)?.keyID)
            #expect(replica.published == [former.thumbprint, key])
        }
        clock.advance(121)
        try await replica.keeper.refresh()
        #expect(replica.published.count == 1)
    }

    @Test("does not fall back on a key that files had replaced: it leaves before the tokens that it would sign")
    func afterFilesAfterOwn() async throws {
        let clock = TestClock()
        let store = try SQLiteStore(location: .memory)
        let schedule = KeySchedule(rotationPeriod: .seconds(6 * 3600), tokenLifetime: .seconds(86_400))
        let before = Replica(store, schedule, clock)
        try await before.keeper.refresh()
        let own = try #require(before.ring.current?.signingKey(at: clock.now)?.keyID)
        clock.advance(60)
        let file = try PrivateKey.generate(.ec(.p384)).publicKey
        let stored = StoredSigningKey(
            keyID: file.thumbprint, algorithm: .ES384, privateKeyPEM: try file.pem(), createdAt: clock.now, activatesAt: clock.now
        )
        #expect(
            try await store.insert(
                stored, after: own, predecessorExpiresAt: schedule.expiry(successorActivatesAt: clock.now)))
        clock.advance(3600)
        let after = Replica(store, schedule, clock)
        try await after.keeper.refresh()
        let signing = try #require(after.ring.current?.signingKey(at: clock.now)?.keyID)
        #expect(signing != own)
        #expect(after.published == [own, file.thumbprint, signing])
        // As long as anything that was signed lives, its key is published.
        clock.advance(86_400)
        try await after.keeper.refresh()
        #expect(after.published.contains(signing))
    }

    @Test("on demand gives the old key until every verifier has the new one")
    func onDemand() async throws {
        let clock = TestClock()
        let store = try SQLiteStore(location: .memory)
        let replica = Replica(store, KeySchedule(rotationPeriod: .seconds(6 * 3600), tokenLifetime: .seconds(60)), clock)
        try await replica.keeper.refresh()
        let old = try #require(replica.ring.current?.signingKey(at: clock.now)?.keyID)
        let new = try await replica.keeper.rotate()
        #expect(replica.published == [old, new.keyID])
        #expect(replica.ring.current?.signingKey(at: new.activatesAt - 1)?.keyID == old)
        #expect(replica.ring.current?.signingKey(at: new.activatesAt)?.keyID == new.keyID)
        #expect(new.activatesAt.timeIntervalSince(clock.now) == 1800)
    }
}
