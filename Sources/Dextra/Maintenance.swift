import FoundationEssentials
import Logging
import OpenIDConnect

/// What a provider does without being asked: keeps keys, hears of revocations, deletes what has expired.
///
/// Every task is safe to run in several processes on one store at once.
struct Maintenance: Sendable {
    let store: any Store
    let keys: any KeySource
    /// Keys that only sign the edge's assertions.
    let assertionKeys: KeyKeeper?
    let sealers: SealerSource
    let revocations: RevocationList
    let refresh: RefreshPolicy
    let clock: any WallClock
    let logger: Logger
    /// The published keys changed: prepared documents have to be made again.
    let keysChanged: @Sendable () -> Void

    static let revocationInterval: Duration = .seconds(1)
    static let garbageInterval: Duration = .seconds(60)
    static let garbageBatch = 500

    /// Runs until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await every(KeyKeeper.pollInterval, "keep the keys") { if try await keys.refresh() { keysChanged() } }
            }
            if let assertionKeys {
                group.addTask {
                    await every(KeyKeeper.pollInterval, "keep the keys of assertions") { _ = try await assertionKeys.refresh() }
                }
            }
            group.addTask { await every(.seconds(600), "keep the sealing keys") { try await sealers.refresh() } }
            group.addTask { await every(Self.revocationInterval, "read revocations") { try await readRevocations() } }
            group.addTask { await every(Self.garbageInterval, "collect garbage") { try await collectGarbage() } }
        }
    }

    /// A failure is logged once per kind until it is over, and tried again at the next turn.
    private func every(_ interval: Duration, _ what: String, _ work: () async throws -> Void) async {
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: interval)
                try await work()
                if isFailing { logger.info("maintenance works again", metadata: ["task": .string(what)]) }
                isFailing = false
            } catch is CancellationError {
                return
            } catch {
                if !isFailing {
                    logger.error("maintenance failed", metadata: ["task": .string(what), "error": .string("\(error)")])
                }
                isFailing = true
            }
        }
    }

    private func readRevocations() async throws {
        let now = clock.now
        revocations.prune(now: now)
        revocations.add(try await store.revocations(after: revocations.position), now: now)
    }

    private func collectGarbage() async throws {
        let now = clock.now
        let createdBefore = refresh.absoluteLifetime == .zero ? nil : now - refresh.absoluteLifetime.timeInterval
        let usedBefore = refresh.idleLifetime == .zero ? nil : now - refresh.idleLifetime.timeInterval
        var removed = 0
        while true {
            let count = try await store.collectGarbage(
                now: now, createdBefore: createdBefore, usedBefore: usedBefore, limit: Self.garbageBatch)
            removed += count
            if count < Self.garbageBatch { break }
        }
        if removed > 0 { logger.debug("garbage collected", metadata: ["rows": .stringConvertible(removed)]) }
    }
}
