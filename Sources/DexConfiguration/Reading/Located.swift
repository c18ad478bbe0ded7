import Bytes

/// The way to a value from the root: `staticClients[0].redirectURIs[1]`.
struct Path: Hashable, CustomStringConvertible {
    private enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    private var steps: [Step] = []

    func key(_ name: String) -> Path {
        var path = self
        path.steps.append(.key(name))
        return path
    }

    func index(_ number: Int) -> Path {
        var path = self
        path.steps.append(.index(number))
        return path
    }

    var description: String { text { "[\($0)]" } }

    /// The same for all elements of a list: `staticClients[].redirectURIs[]`.
    var pattern: String { text { _ in "[]" } }

    private func text(index: (Int) -> String) -> String {
        var text = ""
        for step in steps {
            switch step {
            case .key(let name): text += (text.isEmpty ? "" : ".") + name
            case .index(let number): text += index(number)
            }
        }
        return text
    }
}

/// A value together with its path.
struct Located {
    let value: YAMLValue
    let path: Path

    var position: Position { value.position }

    /// Whether nothing is written. Dex cannot tell an empty text from an absent key, so neither do we.
    var isAbsent: Bool {
        switch value.content {
        case .null: true
        case .string(let text): text.isEmpty
        case .bool, .number, .sequence, .mapping: false
        }
    }

    /// The value of a key, upper and lower case being the same, unless absent. The path gets the key's proper name.
    subscript(name: String) -> Located? {
        guard case .mapping(let entries) = value.content,
            let entry = entries.last(where: { $0.key.hasSameBytesFoldingASCII(as: name) })
        else { return nil }
        let found = Located(value: entry.value, path: path.key(name))
        return found.isAbsent ? nil : found
    }

    var elements: [Located] {
        guard case .sequence(let values) = value.content else { return [] }
        return values.enumerated().map { Located(value: $1, path: path.index($0)) }
    }

    var string: String? {
        if case .string(let text) = value.content { text } else { nil }
    }

    /// What kind of value this is, for messages. Never the value itself: it may be a secret.
    var kind: String {
        switch value.content {
        case .null: "nothing"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
