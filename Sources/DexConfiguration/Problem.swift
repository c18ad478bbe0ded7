import Bytes

/// Something in the configuration that is wrong, or deserves a warning, with the place where it stands.
public struct Problem: Error, Sendable, Hashable {
    /// The name of the file as it was given to the loader; `environment` for a variable.
    public let file: String
    /// Counted from 1; 0 when the problem has no place in the file.
    public let line: Int
    /// Counted from 1 in Unicode scalars; 0 when the problem has no place in the file.
    public let column: Int
    /// Where in the configuration, for example `staticClients[0].redirectURIs[1]`; empty for the file as a whole.
    public let path: String
    /// What is wrong. It never holds a secret.
    public let message: String
    /// What would be right, when that can be said.
    public let hint: String?
}

extension Problem {
    public static func == (left: Problem, right: Problem) -> Bool { left.parts == right.parts }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(line)
        hasher.combine(column)
        hasher.combine(description.exact)
    }

    private var parts: [ExactText] { [file.exact, "\(line):\(column)".exact, path.exact, message.exact, (hint ?? "").exact] }
}

extension Problem: CustomStringConvertible {
    /// `config.yaml:12:5: oauth2.skipApprovalScren: unknown key; did you mean skipApprovalScreen?`
    public var description: String {
        let place = line == 0 ? file : "\(file):\(line):\(column)"
        let subject = path.isEmpty ? "" : "\(path): "
        return "\(place): \(subject)\(message)" + (hint.map { "; \($0)" } ?? "")
    }
}

/// Thrown when a configuration cannot be used: everything that is wrong with it at once, in the order of the file.
public struct InvalidConfiguration: Error, Sendable, Hashable {
    /// At least one.
    public let problems: [Problem]
    /// What would have been warned about had the configuration been usable.
    public let warnings: [Problem]
}

extension InvalidConfiguration: CustomStringConvertible {
    /// One problem a line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
