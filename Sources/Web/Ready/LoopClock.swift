import NIOCore

/// The `Date` of answers, made once a second and event loop. It belongs to its loop and is not `Sendable`.
package final class LoopClock {
    static let dateLength = 29

    private let clock: WallClock
    private var text: String
    /// Changes with the text.
    private(set) var stamp = 0
    private var validUntil: NIODeadline = .uptimeNanoseconds(0)

    package init(clock: WallClock) {
        self.clock = clock
        text = UTCTime(epochSeconds: 0).httpDate
    }

    /// The present as RFC 9110 §5.6.7 writes it.
    package func date(at now: NIODeadline) -> String {
        if now >= validUntil { refresh(now) }
        return text
    }

    private func refresh(_ now: NIODeadline) {
        let milliseconds = clock.milliseconds()
        text = UTCTime(epochSeconds: milliseconds / 1000).httpDate
        stamp += 1
        validUntil = now + .milliseconds(1000 - milliseconds % 1000)
    }
}
