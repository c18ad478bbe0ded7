public import FoundationEssentials

/// A time in UTC as RFC 3339 text, to the second.
public struct Timestamp: Sendable, Hashable {
    public let text: String

    public init(_ date: Date) {
        text = date.formatted(.iso8601)
    }
}
