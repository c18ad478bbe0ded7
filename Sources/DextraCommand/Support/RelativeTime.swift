import FoundationEssentials

/// How far a moment is away, in the largest unit that fits: `in 5 minutes`, `3 days ago`, `now`.
struct RelativeTime: Sendable, Hashable, CustomStringConvertible {
    let description: String

    init(_ date: Date, now: Date) {
        let seconds = date.timeIntervalSince(now).rounded()
        let units: [(length: Double, name: String)] = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
        guard let unit = units.first(where: { abs(seconds) >= $0.length }) else {
            description = "now"
            return
        }
        // Rounded down, so that nothing is promised for longer than it lasts. The bound keeps foreign numbers convertible.
        let count = Int(min(abs(seconds) / unit.length, 1e9))
        let words = "\(count) \(unit.name)\(count == 1 ? "" : "s")"
        description = seconds > 0 ? "in \(words)" : "\(words) ago"
    }
}
