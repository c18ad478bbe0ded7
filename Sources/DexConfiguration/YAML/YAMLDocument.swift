import Bytes
import Yams

/// Why a text is not one YAML document that we can use.
struct YAMLProblem: Error {
    let position: Position
    let message: String
    var hint: String?
}

/// A key that occurs twice in one mapping, upper and lower case being the same.
struct DuplicateKey: Hashable {
    let key: String
    let first: Position
    let second: Position
}

/// A YAML text as a tree of values. The one place that knows Yams.
struct YAMLDocument {
    let root: YAMLValue
    let duplicates: [DuplicateKey]

    /// Bytes of text; the largest configuration that makes sense is far smaller.
    static let sizeLimit = 4 << 20
    /// Values after aliases are expanded, so that nine lines of aliases to aliases cannot fill the memory.
    static let valueLimit = 500_000
    /// Mappings and lists within each other.
    static let depthLimit = 64

    init(parsing text: String) throws(YAMLProblem) {
        guard text.utf8.count <= Self.sizeLimit else {
            throw YAMLProblem(position: .start, message: "the file is larger than \(Self.sizeLimit >> 20) MiB")
        }
        var marked = Self.marked(text)
        let node = try Self.compose(&marked, by: Self.composeOnce)
        var builder = TreeBuilder(marked: marked)
        root = try builder.value(node, depth: 0)
        duplicates = builder.duplicates
    }

    /// All documents of a text, without those in which there is nothing.
    static func stream(parsing text: String) throws(YAMLProblem) -> (roots: [YAMLValue], duplicates: [DuplicateKey]) {
        guard text.utf8.count <= sizeLimit else {
            throw YAMLProblem(position: .start, message: "the file is larger than \(sizeLimit >> 20) MiB")
        }
        var marked = marked(text)
        let nodes = try compose(&marked) { text in
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            var nodes: [Node] = []
            while let node = try parser.nextRoot() { nodes.append(node) }
            return nodes
        }
        var builder = TreeBuilder(marked: marked)
        var roots: [YAMLValue] = []
        for node in nodes { roots.append(try builder.value(node, depth: 0)) }
        return (roots.filter { $0.content != .null }, builder.duplicates)
    }

    private static func marked(_ text: String) -> MarkedDuplicates {
        // libyaml would count a byte order mark as a column.
        let hasMark = text.unicodeScalars.first == "\u{FEFF}"
        return MarkedDuplicates(text: hasMark ? String(text.unicodeScalars.dropFirst()) : text)
    }

    /// What `parse` makes of the text.
    ///
    /// Yams stops at the first mapping with a duplicate key and tells where its first occurrence is. To find all
    /// problems at once that occurrence is marked in the text, and the text parsed anew.
    private static func compose<Parsed>(
        _ marked: inout MarkedDuplicates, by parse: (String) throws -> Parsed
    ) throws(YAMLProblem) -> Parsed {
        while true {
            do {
                return try parse(marked.text)
            } catch let error as YamlError {
                if case .duplicatedKeysInMapping(let names, let context) = error, let name = names.first,
                    marked.mark(name, at: Position(context.mark))
                {
                    continue
                }
                throw YAMLProblem(error)
            } catch let problem as YAMLProblem {
                throw problem
            } catch {
                throw YAMLProblem(position: .start, message: "cannot be read as YAML")
            }
        }
    }

    /// The root of the only document.
    private static func composeOnce(_ text: String) throws -> Node {
        // No resolver rules: they cost regular expressions, and PlainScalar knows what Dex's library would say.
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        guard let root = try parser.nextRoot() else {
            throw YAMLProblem(
                position: .start, message: "the file is empty", hint: "at least issuer, storage, web and a connector are needed")
        }
        if let second = try parser.nextRoot() {
            throw YAMLProblem(
                position: second.mark.map(Position.init) ?? .start,
                message: "a second document begins here", hint: "a configuration is one document: remove the --- line")
        }
        return root
    }
}

extension Position {
    fileprivate init(_ mark: Mark) {
        self.init(line: mark.line, column: mark.column)
    }
}

extension YAMLProblem {
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let explanation = context.map { " (\($0.text))" } ?? ""
            // What began and did not end is told where it began: the end of the file helps nobody.
            let isUnfinished = problem.containsBytes(of: "end of stream")
            self.init(
                position: Position(isUnfinished ? context?.mark ?? mark : mark),
                message: "not valid YAML: \(problem)\(explanation)")
        case .duplicatedKeysInMapping(let names, let context):
            self.init(
                position: Position(context.mark),
                message: "the key \(names.joined(separator: ", ")) is written twice in this mapping")
        case .reader(let problem, let offset, _, let text):
            self.init(position: Position(ofCharacter: offset ?? 0, in: text), message: "not valid YAML: \(problem)")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self.init(position: .start, message: "cannot be read as YAML")
        }
    }
}

extension Position {
    /// The place of a character counted from 0.
    fileprivate init(ofCharacter offset: Int, in text: String) {
        let before = text.unicodeScalars.prefix(offset)
        let line = before.count { $0 == "\n" } + 1
        let start = before.lastIndex(of: "\n").map(before.index(after:)) ?? before.startIndex
        self.init(line: line, column: before[start...].count + 1)
    }
}

/// Turns the nodes of Yams into values: words get their meaning, merge keys are merged, duplicates noted.
private struct TreeBuilder {
    let marked: MarkedDuplicates
    var duplicates: [DuplicateKey] = []
    private var count = 0

    init(marked: MarkedDuplicates) {
        self.marked = marked
    }

    mutating func value(_ node: Node, depth: Int) throws(YAMLProblem) -> YAMLValue {
        let position = node.mark.map(Position.init) ?? .start
        count += 1
        guard count <= YAMLDocument.valueLimit else {
            throw YAMLProblem(
                position: position, message: "more than \(YAMLDocument.valueLimit) values", hint: "aliases of aliases multiply")
        }
        guard depth <= YAMLDocument.depthLimit else {
            throw YAMLProblem(position: position, message: "nested deeper than \(YAMLDocument.depthLimit) levels")
        }
        switch node {
        case .scalar(let scalar):
            return YAMLValue(position: position, content: content(of: scalar))
        case .sequence(let sequence):
            var values: [YAMLValue] = []
            for element in sequence { values.append(try value(element, depth: depth + 1)) }
            return YAMLValue(position: position, content: .sequence(values))
        case .mapping(let mapping):
            return YAMLValue(position: position, content: .mapping(try entries(of: mapping, depth: depth)))
        case .alias:
            throw YAMLProblem(position: position, message: "an alias without an anchor")
        }
    }

    private func content(of scalar: Node.Scalar) -> YAMLValue.Content {
        switch scalar.tag.description {
        case "" where scalar.style == .plain: PlainScalar.content(of: scalar.string)
        case "", "!", "tag:yaml.org,2002:str": .string(scalar.string)
        // An explicit tag such as !!bool "yes" asks for the meaning of the word without quotes.
        default: PlainScalar.content(of: scalar.string)
        }
    }

    private mutating func entries(of mapping: Node.Mapping, depth: Int) throws(YAMLProblem) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        var merged: [YAMLEntry] = []
        var positions: [ExactText: Position] = [:]
        for (keyNode, valueNode) in mapping {
            let position = keyNode.mark.map(Position.init) ?? .start
            guard let scalar = keyNode.scalar else {
                throw YAMLProblem(position: position, message: "a key must be a word, not a list or a mapping")
            }
            let key = marked.original(scalar.string)
            if let first = positions[key.asciiLowercased.exact] {
                duplicates.append(DuplicateKey(key: key, first: first, second: position))
            }
            positions[key.asciiLowercased.exact] = position
            let value = try value(valueNode, depth: depth + 1)
            if key == "<<", scalar.style == .plain {
                merged += try Self.merged(value)
            } else {
                entries.append(YAMLEntry(key: key, position: position, value: value))
            }
        }
        // What is written in the mapping itself wins, then the earlier of the merged ones.
        for entry in merged where positions[entry.key.asciiLowercased.exact] == nil {
            positions[entry.key.asciiLowercased.exact] = entry.position
            entries.append(entry)
        }
        return entries
    }

    private static func merged(_ value: YAMLValue) throws(YAMLProblem) -> [YAMLEntry] {
        switch value.content {
        case .mapping(let entries): return entries
        case .sequence(let values):
            var entries: [YAMLEntry] = []
            for value in values { entries += try merged(value) }
            return entries
        case .null, .bool, .number, .string:
            throw YAMLProblem(position: value.position, message: "<< merges a mapping, found a single value")
        }
    }
}
