extension String {
    /// Whether two texts are the same byte by byte. `==` takes different code points for the same character, which names in security
    /// must not be; and comparing element by element takes ten times as long.
    package func hasSameBytes(as other: String) -> Bool {
        let same = utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { own.count == $0.count && own.elementsEqual($0) }
        }
        if case .some(.some(let same)) = same { return same }
        return utf8.elementsEqual(other.utf8)
    }
}
