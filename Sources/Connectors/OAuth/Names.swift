import Bytes

/// Names of groups, compared by their bytes: Swift's `==` takes some different texts for the same.
extension Sequence<String> {
    /// Each once, at its first place.
    func once() -> [String] {
        var seen: Set<ExactText> = []
        return filter { seen.insert($0.exact).inserted }
    }

    /// Those that are wanted.
    func only(_ wanted: [String]) -> [String] {
        let wanted = Set(wanted.map(\.exact))
        return filter { wanted.contains($0.exact) }
    }
}
