extension Configuration {
    /// Where everything that must survive a restart is kept.
    public enum Storage: Sendable, Hashable {
        /// A path, or an SQLite URI.
        case sqlite3(file: String)
        /// Gone at the end of the process.
        case memory
    }
}

extension Configuration.Storage {
    private enum Kind: String, CaseIterable {
        case sqlite3, memory
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let kind = keys.required("type", .word("storage type", Kind.self), hint: "one of sqlite3, memory")
            switch kind {
            case .sqlite3:
                return keys.required("config", file, hint: "write config: {file: dextra.db}").map(Self.sqlite3)
            case .memory:
                _ = keys("config", .mapping { _ in () }.expandingEnvironment())
                return .memory
            case nil:
                // The keys of a storage that we don't have are not looked at.
                _ = keys("config", .anything)
                return nil
            }
        }
    }

    private static var file: Schema<String> {
        Schema<String>.mapping { keys in keys.required("file", .text, hint: "a path, for example dextra.db") }
            .expandingEnvironment()
    }
}
