import JOSE

extension JSON {
    /// A text; empty if it is missing or something else, as Go reads it.
    func text(_ name: String) -> String { self[name]?.string ?? "" }

    /// The texts of a list; those that are something else are left out.
    func texts(_ name: String) -> [String] { self[name]?.array?.compactMap(\.string) ?? [] }
}
