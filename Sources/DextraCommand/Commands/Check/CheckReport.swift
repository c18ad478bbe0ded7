import DexConfiguration
import JOSE

/// What `dextra check` found.
struct CheckReport: Sendable {
    let file: String
    let problems: [Problem]
    let warnings: [Problem]
    /// Nil when there are problems.
    let summary: ConfigurationSummary?

    init(file: String, yaml: String, check: (String) throws(InvalidConfiguration) -> LoadResult) {
        self.file = file
        do throws(InvalidConfiguration) {
            let result = try check(yaml)
            problems = []
            warnings = result.warnings
            summary = ConfigurationSummary(result.configuration)
        } catch {
            problems = error.problems
            warnings = error.warnings
            summary = nil
        }
    }

    var isUsable: Bool { problems.isEmpty }

    /// Problems first, one a line, as editors and CI understand them.
    var text: String {
        var lines =
            problems.map { Printable.line($0.description) } + warnings.map { "warning: " + Printable.line($0.description) }
        if let summary {
            lines.append(
                "\(Printable.line(file)): \(warnings.isEmpty ? "good" : "usable, with \(Self.count(warnings, "warning"))")")
            lines.append(summary.text)
        } else {
            lines.append(
                "\(Printable.line(file)): \(Self.count(problems, "problem"))"
                    + (warnings.isEmpty ? "" : ", \(Self.count(warnings, "warning"))"))
        }
        return lines.joined(separator: "\n")
    }

    var json: JSON {
        var object: JSONObject = [
            "file": .string(file), "valid": .bool(isUsable), "problems": .array(problems.map(\.json)),
            "warnings": .array(warnings.map(\.json)),
        ]
        object["summary"] = summary?.json
        return .object(object)
    }

    private static func count(_ problems: [Problem], _ noun: String) -> String {
        "\(problems.count) \(noun)\(problems.count == 1 ? "" : "s")"
    }
}

extension Problem {
    fileprivate var json: JSON {
        [
            "file": .string(file), "line": .integer(Int64(line)), "column": .integer(Int64(column)), "path": .string(path),
            "message": .string(message), "hint": hint.map { .string($0) } ?? .null,
        ]
    }
}
