import DexConfiguration
import Foundation
import JOSE
import OpenIDConnect
import Persistence
import Testing

@testable import dextra

@Suite("Keys on the command line")
struct KeyTests {
    private let start = Date(timeIntervalSince1970: 1_800_000_000)
    private let schedule = KeySchedule(rotationPeriod: .seconds(6 * 3600), tokenLifetime: .seconds(86_400))

    private func key(_ id: String, activates: TimeInterval, expires: TimeInterval? = nil) -> StoredSigningKey {
        StoredSigningKey(
            keyID: id, algorithm: .ES256, privateKeyPEM: "-----BEGIN PRIVATE KEY-----", createdAt: start,
            activatesAt: start + activates,
            expiresAt: expires.map { start + $0 })
    }

    @Test("the state of a key follows from its times")
    func states() {
        let keys = [
            key("gone", activates: -9000, expires: -1), key("old", activates: -8000, expires: 10), key("now", activates: -100),
            key("soon", activates: 1),
        ]
        let listing = KeyListing(keys, schedule: schedule, now: start)
        #expect(listing.rows.map(\.key.keyID) == ["soon", "now", "old"])
        #expect(listing.rows.map(\.state) == [.next, .active, .retired])
        #expect(
            listing.json.array?.first?.object?.members.map(\.name) == [
                "kid", "algorithm", "state", "createdAt", "activatesAt", "expiresAt",
            ])
        #expect(!listing.json.text.contains("PRIVATE") && !listing.text.contains("PRIVATE"))
    }

    @Test("the first key signs at once, the next one after the lead, however young the first is")
    func rotation() async throws {
        let store = try SQLiteStore(location: .memory)
        let pairs = try (0..<3).map { _ in try PrivateKey.generate(.ec(.p256)) }
        func add(_ index: Int, at seconds: TimeInterval) async throws -> KeyListing.Row {
            let pair = pairs[index]
            return try await KeySuccession(store: store, schedule: schedule, clock: StoppedClock(now: start + seconds)).add(
                .ES256
            ) { _ in pair }
        }

        let first = try await add(0, at: 0)
        #expect(first.state == .active)
        #expect(first.announcement(now: start).contains("signs from now on"))

        let second = try await add(1, at: 60)
        #expect(second.state == .next)
        #expect(second.key.activatesAt == start + 60 + 1800)
        #expect(second.announcement(now: start + 60).contains("in 30 minutes"))

        // At the same moment as the second: their order has to stay clear.
        let third = try await add(2, at: 60)
        #expect(third.key.activatesAt > second.key.activatesAt)

        let keys = try await store.signingKeys()
        #expect(keys.map(\.keyID) == pairs.map(\.publicKey.thumbprint))
        #expect(keys[0].expiresAt == second.key.activatesAt + 86_400 + 60)
        await store.close()
    }

    @Test("a key is taken once")
    func twice() async throws {
        let store = try SQLiteStore(location: .memory)
        let pair = try PrivateKey.generate(.ed25519)
        let succession = KeySuccession(store: store, schedule: schedule, clock: StoppedClock(now: start))
        _ = try await succession.add(.EdDSA) { _ in pair }
        await #expect(throws: StoreError.self) { _ = try await succession.add(.EdDSA) { _ in pair } }
        await store.close()
    }

    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "dextra-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test("a key file is read with its passphrase, and signs by what fits it")
    func imported() throws {
        let pair = try PrivateKey.generate(.ec(.p384))
        let pem = try file(try pair.pem(passphrase: "open sesame"))
        let passphrase = try file("open sesame\n")
        let wrong = try file("open\n")
        let key = try ImportedKey(file: pem, passphraseFile: passphrase, algorithm: nil)
        #expect(key.algorithm == .ES384)
        #expect(key.pair.publicKey.thumbprint == pair.publicKey.thumbprint)
        for (passphraseFile, algorithm, reason) in [
            (nil, nil, "--passphrase-file"), (wrong, nil, "passphrase"), (passphrase, .RS256, "ES384"),
        ] as [(String?, SigningAlgorithm?, String)] {
            let failure = #expect(throws: Failure.self) {
                try ImportedKey(file: pem, passphraseFile: passphraseFile, algorithm: algorithm)
            }
            #expect(failure?.description.contains(reason) == true)
            #expect(failure?.description.contains("sesame") == false)
        }
    }

    @Test(
        "what is no key is said to be none",
        arguments: ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    func noKeys(_ text: String) throws {
        let path = try file(text)
        let failure = #expect(throws: Failure.self) { try ImportedKey(file: path, passphraseFile: nil, algorithm: nil) }
        #expect(failure?.description.hasPrefix(path) == true)
    }

    @Test("period, lifetime and algorithm are the configuration's, or the defaults")
    func rules() throws {
        let more = "signer: {type: local, config: {keysRotationPeriod: 10m, algorithm: ES256}}\nexpiry: {idTokens: 1h}"
        let target = StoreTarget.configuration(try Sample.configuration(more), path: "c.yaml")
        #expect(try target.keySchedule() == KeySchedule(rotationPeriod: .seconds(600), tokenLifetime: .seconds(3600)))
        #expect(try target.keyAlgorithm() == .ES256)
        let plain = StoreTarget.database("x.db")
        #expect(try plain.keySchedule() == KeySchedule(rotationPeriod: .seconds(21_600), tokenLifetime: .seconds(86_400)))
        #expect(try plain.keyAlgorithm() == nil)
    }

    @Test("keys in files are changed by changing the files")
    func files() throws {
        let target = StoreTarget.configuration(
            try Sample.configuration("signer: {type: file, config: {keys: [a.pem]}}"), path: "c.yaml")
        let failure = #expect(throws: Failure.self) { try target.keySchedule() }
        #expect(failure?.description.contains("a.pem") == true)
    }

    @Test("memory is out of reach")
    func memory() throws {
        let target = StoreTarget.configuration(try Sample.configuration(storage: "{type: memory}"), path: "c.yaml")
        #expect(throws: Failure.self) { try target.databasePath() }
    }
}
