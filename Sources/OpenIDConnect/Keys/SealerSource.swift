import FoundationEssentials
public import JOSE
import Synchronization

/// The keys that seal sign-in states, from the store: every process opens what another one sealed.
public final class SealerSource: Sendable {
    /// How long a key seals; it opens for as long again.
    public static let period: Duration = .seconds(7 * 86_400)

    private struct State {
        var keys: [StoredSealingKey] = []
        var sealer: Sealer?
    }

    private let store: any KeyStore
    private let clock: any WallClock
    private let random: any RandomSource
    private let events: (any EventLog)?
    private let state = Mutex(State())

    /// - Parameter events: is told when the store fails while somebody waits.
    public init(
        store: any KeyStore, clock: any WallClock, random: any RandomSource, events: (any EventLog)? = nil
    ) {
        self.store = store
        self.clock = clock
        self.random = random
        self.events = events
    }

    /// Loads the keys and adds one when the newest has sealed for long enough. Call at start and now and then.
    public func refresh() async throws(StoreError) {
        let now = clock.now
        var keys = try await valid()
        let isDue = keys.last.map { $0.createdAt + Self.period.timeInterval <= now } ?? true
        if isDue {
            let key = StoredSealingKey(
                key: try newKey(id: (keys.last?.key.id ?? 0) + 1), createdAt: now,
                expiresAt: now + 2 * Self.period.timeInterval)
            // If another process was faster, its key is the one to use.
            _ = try await store.insert(key)
            keys = try await valid()
        }
        let loaded = keys
        state.withLock {
            guard let newest = loaded.last, $0.keys.map(\.key.id) != loaded.map(\.key.id) || $0.sealer == nil else { return }
            $0.keys = loaded
            $0.sealer = Sealer(sealing: newest.key, alsoOpening: loaded.dropLast().map(\.key))
        }
    }

    private func newKey(id: UInt32) throws(StoreError) -> SealingKey {
        do { return try SealingKey.generate(id: id, random: random) } catch { throw .failed("a sealing key could not be made") }
    }

    private func valid() async throws(StoreError) -> [StoredSealingKey] {
        let now = clock.now
        return try await store.sealingKeys().filter { now < $0.expiresAt }
    }

    /// A text that only ``open(_:purpose:)`` with the same purpose accepts, here and in every process on the same store.
    /// - Throws: when no key is loaded yet.
    public func seal(_ plaintext: [UInt8], purpose: String) throws(StoreError) -> String {
        guard let sealer = state.withLock({ $0.sealer }) else { throw .failed("no sealing key is loaded") }
        return sealer.seal(plaintext, purpose: purpose, random: random)
    }

    /// - Returns: nil for what was not sealed here, for another purpose, or with a key that has expired.
    public func open(_ sealed: String, purpose: String) async -> [UInt8]? {
        for isReloaded in [false, true] {
            guard let sealer = state.withLock({ $0.sealer }) else { return nil }
            do throws(SealError) {
                return try sealer.open(sealed, purpose: purpose)
            } catch {
                // Perhaps another process has just made that key: a stranger can cause one query by this, and no write.
                guard case .unknownKey = error, !isReloaded else { return nil }
                do { try await refresh() } catch {
                    events?.record(.storeFailed(error, doing: "find a sealing key"))
                    return nil
                }
            }
        }
        return nil
    }

    /// Newest first: for values derived with a key, which may have been replaced since.
    var derivationKeys: [SealingKey] { state.withLock { $0.keys.map(\.key).reversed() } }
}
