import FoundationEssentials

/// The one place where times become numbers of the database and back.
extension Date {
    /// Microseconds since 1970-01-01 00:00 UTC, to the nearest; what doesn't fit becomes the nearest that does.
    var microseconds: Int64 {
        let value = (timeIntervalSince1970 * 1_000_000).rounded()
        if value.isNaN { return 0 }
        return Int64(exactly: value) ?? (value < 0 ? .min : .max)
    }

    init(microseconds: Int64) {
        self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}
