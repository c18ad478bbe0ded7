/// A duration as it is written in a configuration: `24h`, `1h30m`, `45s`.
struct DurationText: Sendable, Hashable, CustomStringConvertible {
    let description: String

    init(_ duration: Duration) {
        let seconds = duration.components.seconds
        let milliseconds = duration.components.attoseconds / 1_000_000_000_000_000
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"), (milliseconds, "ms")]
        let text = parts.filter { $0.0 != 0 }.map { "\($0.0)\($0.1)" }.joined()
        description = text.isEmpty ? "0s" : text
    }
}
