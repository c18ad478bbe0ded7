import Bytes

/// From which level on messages are logged, as Go's slog counts: `info`, `WARN`, `debug-2`, `error+1`.
public struct LogLevel: Sendable, Hashable {
    public enum Name: String, Sendable, Hashable, CaseIterable {
        case debug, info, warn, error
    }

    public let name: Name
    /// Steps above the named level, or below it. Levels are 4 steps apart.
    public let offset: Int

    public init(_ name: Name, offset: Int = 0) {
        self.name = name
        self.offset = offset
    }

    /// slog's number: debug -4, info 0, warn 4, error 8, plus the offset.
    public var value: Int {
        switch name {
        case .debug: -4 + offset
        case .info: offset
        case .warn: 4 + offset
        case .error: 8 + offset
        }
    }
}

extension Schema<LogLevel> {
    static var logLevel: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let end = text.utf8.firstIndex { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") } ?? text.endIndex
            let (word, offset) = (text[..<end], text[end...])
            let words = LogLevel.Name.allCases.map(\.rawValue)
            guard let name = LogLevel.Name(rawValue: word.asciiLowercased), let steps = offset.isEmpty ? 0 : Int(offset),
                abs(steps) <= 100
            else {
                let closest = Suggestion.closest(to: String(word), among: words).map { "did you mean \($0)?" }
                let all = "one of \(words.joined(separator: ", ")), maybe with a number as in info+2"
                throw Mistake("unknown log level \(quoted(text))", hint: closest ?? all)
            }
            return LogLevel(name, offset: steps)
        }
    }
}
