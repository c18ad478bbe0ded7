import FoundationEssentials
import JOSE
import OpenIDConnect

/// Puts a key at the end of the line, by the rules of ``KeyKeeper``: the server's own.
struct KeySuccession: Sendable {
    let store: any KeyStore
    let schedule: KeySchedule
    let clock: any WallClock

    /// - Parameter key: makes the pair, or has it already.
    /// - Returns: the new key among the others.
    func add(
        _ algorithm: SignatureAlgorithm, key: @escaping @Sendable (KeySpecification) throws -> PrivateKey
    ) async throws -> KeyListing.Row {
        let keeper = KeyKeeper(
            store: store, ring: KeyRing(), schedule: schedule, algorithm: algorithm, clock: clock, events: NoEvents()
        ) { specification in try key(specification) }
        let added = try await keeper.rotate()
        // A server that had its own turn at this moment won.
        guard let row = KeyListing(try await store.signingKeys(), schedule: schedule, now: clock.now).row(of: added.keyID) else {
            throw Failure(
                "a server added a key at the same moment, and only one can follow; dextra key list shows it, try again if you still need to"
            )
        }
        return row
    }
}

/// The command itself says what happened.
private struct NoEvents: EventLog {
    func record(_ event: ProviderEvent) {}
}

extension KeyListing.Row {
    /// When it begins to sign, in a sentence.
    func announcement(now: Date) -> String {
        switch state {
        case .next:
            "It is published now and signs from \(Timestamp(key.activatesAt).text) on (\(RelativeTime(key.activatesAt, now: now)))."
        case .active, .retired: "It is the first key and signs from now on."
        }
    }
}
