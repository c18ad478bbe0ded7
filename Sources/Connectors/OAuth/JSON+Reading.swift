import JOSE

extension JSON {
    /// A text; empty if it is missing or something else, as Go reads it.
    func text(_ name: String) -> String { self[name]?.string ?? "" }

    /// The texts of a list; those that are something else are left out.
    func texts(_ name: String) -> [String] { self[name]?.array?.compactMap(\.string) ?? [] }
}

extension JSON {
    /// An id that is a number. Only a number that was written as an integer and kept to its last digit is one: rounded, two people
    /// would have the same id. Others than a `JSON.integer` may have been rounded.
    var wholeID: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }
}
