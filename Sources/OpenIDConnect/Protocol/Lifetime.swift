public import FoundationEssentials

extension Duration {
    /// In seconds, for `Date` arithmetic and `expires_in`.
    public var timeInterval: TimeInterval {
        TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
    }
}
