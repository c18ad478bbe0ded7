import Bytes

/// One run of the loader: what it may look at, and the problems that it has met so far.
final class Loading {
    let file: String
    let environment: [ExactText: String]
    let options: LoadOptions
    let checkKeytab: KeytabCheck?
    private let readFile: (String) throws -> String

    private(set) var problems: Set<Problem> = []
    private(set) var warnings: Set<Problem> = []

    init(
        file: String, environment: [ExactText: String], options: LoadOptions, checkKeytab: KeytabCheck? = nil,
        readFile: @escaping (String) throws -> String
    ) {
        self.file = file
        self.environment = environment
        self.options = options
        self.checkKeytab = checkKeytab
        self.readFile = readFile
    }

    func problem(_ message: String, hint: String? = nil, at place: Located) {
        problem(message, hint: hint, at: place.position, path: place.path)
    }

    func problem(_ message: String, hint: String? = nil, at position: Position, path: Path = Path()) {
        problems.insert(make(message, hint: hint, at: position, path: path))
    }

    func warning(_ message: String, hint: String? = nil, at place: Located) {
        warning(message, hint: hint, at: place.position, path: place.path)
    }

    func warning(_ message: String, hint: String? = nil, at position: Position, path: Path) {
        warnings.insert(make(message, hint: hint, at: position, path: path))
    }

    func warning(ofVariable name: String, _ message: String) {
        warnings.insert(Problem(file: "environment", line: 0, column: 0, path: name, message: message, hint: nil))
    }

    /// Takes over what was wrong with another file.
    func add(_ other: Loading) {
        problems.formUnion(other.problems)
        warnings.formUnion(other.warnings)
    }

    /// A run for another file, with the same means.
    func loading(file: String, options: LoadOptions) -> Loading {
        Loading(file: file, environment: environment, options: options, checkKeytab: checkKeytab, readFile: readFile)
    }

    /// The text of a file that the configuration names at `place`, without the line end that editors add.
    func contents(ofFile path: String, namedAt place: Located) -> String? {
        do {
            return try readFile(path).withoutLastLineEnds
        } catch {
            problem("the file \(quoted(path)) cannot be read", hint: "\(error)", at: place)
            return nil
        }
    }

    /// Warns of a file that cannot be used now, and need not be used now.
    func look(intoFile path: String, namedAt place: Located, for mark: String?) {
        do {
            let text = try readFile(path)
            if let mark, !text.containsBytes(of: mark) { warning("the file \(quoted(path)) holds no \(mark)", at: place) }
        } catch {
            warning("the file \(quoted(path)) cannot be read", hint: "\(error)", at: place)
        }
    }

    private func make(_ message: String, hint: String?, at position: Position, path: Path) -> Problem {
        Problem(
            file: file, line: position.line, column: position.column, path: path.description, message: message, hint: hint)
    }
}

/// A text in quotes for a message, short and with control characters escaped.
func quoted(_ text: String) -> String {
    let short = text.unicodeScalars.count > 80 ? Substring(text.unicodeScalars.prefix(80)) + "…" : text[...]
    let escaped = short.unicodeScalars.map { scalar in
        let isPlain = scalar != "\"" && scalar.properties.generalCategory != .control
        return isPlain ? String(scalar) : scalar.escaped(asASCII: false)
    }
    return "\"\(escaped.joined())\""
}
