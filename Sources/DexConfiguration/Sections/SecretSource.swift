import Bytes

/// A text that is written in the file, or in a variable or a file that it names.
struct SecretSource {
    let inline: String
    let variable: String
    /// The key that names a file; nil if there is no such key.
    let file: String?

    enum Result {
        case found(Secret, at: Located)
        case absent
        /// The problem has been reported.
        case invalid
    }

    func read(_ keys: Keys) -> Result {
        let text = keys(inline, .secret)
        let name = keys(variable, .text)
        let path = file.flatMap { keys($0, .text) }
        let names = [inline, variable, file].compactMap { $0 }
        let written = names.compactMap { keys[$0] }
        guard let place = written.first else { return .absent }
        guard written.count == 1 else {
            keys.loading.problem("given twice", hint: "write one of \(names.joined(separator: ", "))", at: written[1])
            return .invalid
        }
        if let text { return .found(text, at: place) }
        if let name {
            guard let value = keys.loading.environment[name.exact], !value.isEmpty else {
                // Dex goes on with an empty text, which for a secret means that anybody may come in.
                keys.loading.problem("the environment variable \(quoted(name)) is not set or empty", at: place)
                return .invalid
            }
            return .found(Secret(value), at: place)
        }
        guard let path, let value = keys.loading.contents(ofFile: path, namedAt: place) else { return .invalid }
        guard !value.isEmpty else {
            keys.loading.problem("the file \(quoted(path)) is empty", at: place)
            return .invalid
        }
        return .found(Secret(value), at: place)
    }
}
