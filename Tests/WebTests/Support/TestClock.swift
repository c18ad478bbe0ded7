import Synchronization

@testable import Web

/// Time that stands still until a test moves it.
final class TestClock: Sendable {
    private let milliseconds = Atomic<Int64>(0)

    var clock: WallClock {
        WallClock { self.milliseconds.load(ordering: .relaxed) }
    }

    func set(seconds: Int64) {
        milliseconds.store(seconds * 1000, ordering: .relaxed)
    }
}
