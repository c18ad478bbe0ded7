import Bytes

extension Configuration {
    /// What is logged, to standard error.
    public struct Logger: Sendable, Hashable {
        public var level = LogLevel(.info)
        public var format = LogFormat.text
        /// Names of attributes that are left out of every line.
        public var excludeFields: Set<ExactText> = []
    }
}

extension Configuration.Logger {
    static var schema: Schema<Self> {
        .mapping { keys in
            Self(
                level: keys("level", .logLevel, default: LogLevel(.info)),
                format: keys("format", .word("log format"), default: .text),
                excludeFields: Set(keys("excludeFields", .list(of: .text), default: []).map(\.exact)))
        }
    }
}
