import Bytes
import DexConfiguration
import Testing

/// The least that is a configuration.
let minimal = """
    issuer: https://sso.example.com/dex
    storage: {type: memory}
    web: {http: ":5556"}
    enablePasswordDB: true

    """

struct NoSuchFile: Error, CustomStringConvertible {
    var description: String { "no such file" }
}

func load(
    _ yaml: String, environment: [ExactText: String] = [:], files: [String: String] = [:], options: LoadOptions = LoadOptions()
) throws(InvalidConfiguration) -> LoadResult {
    try Configuration.load(yaml: yaml, file: "c.yaml", environment: environment, options: options) { path in
        guard let text = files[path] else { throw NoSuchFile() }
        return text
    }
}

/// What is said about a configuration that cannot be used; empty if it can.
func problems(
    _ yaml: String, environment: [ExactText: String] = [:], files: [String: String] = [:], options: LoadOptions = LoadOptions()
) -> [String] {
    do throws(InvalidConfiguration) {
        _ = try load(yaml, environment: environment, files: files, options: options)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// A case of a table: a configuration, and what is said about it.
struct Case: Sendable, CustomTestStringConvertible {
    let yaml: String
    let lines: [String]
    var testDescription: String { lines.first ?? yaml }

    /// - Parameter yaml: what follows the minimal configuration, so that its first line is line 5.
    static func added(_ yaml: String, _ lines: String...) -> Case {
        Case(yaml: minimal + yaml, lines: lines)
    }

    static func whole(_ yaml: String, _ lines: String...) -> Case {
        Case(yaml: yaml, lines: lines)
    }
}
