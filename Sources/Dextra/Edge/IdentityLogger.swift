import Bytes
import Edge
import FoundationEssentials
import Logging
import OpenIDConnect
import Synchronization
import Web

/// Writes to the log what happens to the keys of trusted issuers and to tokens, and counts it.
final class IdentityLogger: IdentityLog {
    private let logger: Logger
    private let fetches: CounterFamily
    private let clock: any OpenIDConnect.WallClock
    /// What every request may bring about is told once in a while.
    private let quietUntil = Mutex<[ExactText: Date]>([:])
    private static let pause = 10.0

    init(logger: Logger, metrics: Metrics, clock: any OpenIDConnect.WallClock) {
        self.logger = logger
        self.clock = clock
        fetches = metrics.counter(
            "dextra_edge_key_fetches_total", help: "Fetches of the keys of an issuer, by result.", labels: ["issuer", "result"])
    }

    func record(_ event: IdentityEvent) {
        switch event {
        case .keysFetched(let issuer, let count):
            fetches(issuer, "success").increment()
            logger.debug("keys of an issuer fetched", metadata: ["issuer": .string(issuer), "keys": .stringConvertible(count)])
        case .keysFetchFailed(let issuer, let reason):
            fetches(issuer, "failure").increment()
            logger.warning(
                "keys of an issuer cannot be fetched; those that are known are used until their life ends",
                metadata: ["issuer": .string(issuer), "reason": .string(reason)])
        case .keyRemoved(let issuer):
            logger.info("an issuer withdrew a key; its tokens are verified anew", metadata: ["issuer": .string(issuer)])
        case .introspectionFailed(let issuer, let reason):
            sometimes("introspection " + issuer) {
                logger.warning(
                    "an issuer cannot be asked about a token", metadata: ["issuer": .string(issuer), "reason": .string(reason)])
            }
        case .groupsMissing(let issuer, let subject):
            sometimes("groups " + issuer) {
                logger.warning(
                    "a token does not hold the groups of its subject, who is treated as being in none",
                    metadata: ["issuer": .string(issuer), "sub": .string(subject)])
            }
        case .tooManyGroups(let issuer, let subject, let count):
            sometimes("many groups " + issuer) {
                logger.warning(
                    "a token has more groups than are read, and was refused",
                    metadata: ["issuer": .string(issuer), "sub": .string(subject), "groups": .stringConvertible(count)])
            }
        case .overloaded:
            sometimes("overloaded") { logger.warning("more new tokens at once than are verified at once") }
        }
    }

    /// - Parameter what: of a bounded number of texts: never of what a stranger chooses.
    private func sometimes(_ what: String, _ tell: () -> Void) {
        let (what, now) = (what.exact, clock.now)
        let isDue = quietUntil.withLock { quiet in
            guard quiet[what].map({ $0 <= now }) ?? true else { return false }
            quiet[what] = now + Self.pause
            return true
        }
        if isDue { tell() }
    }
}
