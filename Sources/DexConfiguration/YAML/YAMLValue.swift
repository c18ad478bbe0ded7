/// A place in a YAML text: line and column counted from 1, columns in Unicode scalars.
struct Position: Sendable, Hashable {
    let line: Int
    let column: Int

    static let start = Position(line: 1, column: 1)
}

/// A value of a YAML document, with the place where it is written.
///
/// Aliases and merge keys are already resolved; a value reached through an alias stands where its anchor stands.
struct YAMLValue: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case null
        case bool(Bool)
        /// The number as it is written.
        case number(String)
        case string(String)
        case sequence([YAMLValue])
        case mapping([YAMLEntry])
    }

    let position: Position
    let content: Content
}

/// A key of a mapping and its value.
struct YAMLEntry: Sendable, Hashable {
    let key: String
    let position: Position
    let value: YAMLValue
}

extension YAMLValue {
    /// This value with every text in it, at any depth, replaced. Keys stay as they are.
    func mapStrings(_ transform: (String, Position) -> String) -> YAMLValue {
        switch content {
        case .null, .bool, .number: self
        case .string(let text): YAMLValue(position: position, content: .string(transform(text, position)))
        case .sequence(let values):
            YAMLValue(position: position, content: .sequence(values.map { $0.mapStrings(transform) }))
        case .mapping(let entries):
            YAMLValue(
                position: position,
                content: .mapping(
                    entries.map { entry in
                        YAMLEntry(key: entry.key, position: entry.position, value: entry.value.mapStrings(transform))
                    }))
        }
    }
}
