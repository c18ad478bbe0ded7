import JOSE
import OpenIDConnect
import Synchronization

/// Signs on the threads of Swift's own pool, which has one for each processor and none of which is an event loop.
///
/// A pool of its own would cost two more switches between threads for each answer, a tenth of what a signature costs, and gain
/// nothing: signing waits for no one. What must be bounded is how many answers wait for a processor.
final class BoundedSigner: TokenSigner {
    private let ring: KeyRing
    private let clock: any OpenIDConnect.WallClock
    private let limit: Int
    private let waiting = Atomic<Int>(0)

    /// - Parameter limit: answers that sign or wait for it; past that they are refused at once.
    init(ring: KeyRing, clock: any OpenIDConnect.WallClock, limit: Int) {
        self.ring = ring
        self.clock = clock
        self.limit = limit
    }

    var depth: Int { waiting.load(ordering: .relaxed) }

    func sign<Value: Sendable>(_ body: @escaping @Sendable (SigningKey) throws -> Value) async throws(SigningError) -> Value {
        guard waiting.add(1, ordering: .relaxed).newValue <= limit else {
            waiting.subtract(1, ordering: .relaxed)
            throw .overloaded
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        let keys = await ring.keys
        // Others get their turn first when many sign: a signature takes as long as a dozen other steps.
        if depth > 1 { await Task.yield() }
        guard let key = keys.signingKey(at: clock.now) else { throw .failed("no key is active") }
        do { return try body(key) } catch { throw .failed("\(error)") }
    }
}
