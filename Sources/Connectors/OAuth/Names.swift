/// Names of groups, compared by their bytes: Swift's `==` takes some different texts for the same.
extension Sequence<String> {
    /// Each once, at its first place.
    func once() -> [String] {
        var seen: Set<[UInt8]> = []
        return filter { seen.insert(Array($0.utf8)).inserted }
    }

    /// Those that are wanted.
    func only(_ wanted: [String]) -> [String] {
        let wanted = Set(wanted.map { Array($0.utf8) })
        return filter { wanted.contains(Array($0.utf8)) }
    }
}

extension String {
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
