import Bytes
public import Logging

/// Writes each event as one line of text or JSON.
///
/// Attributes never hold secrets: whoever logs passes names, ids and outcomes, not tokens, codes, passwords or queries.
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let format: LogFormat
    private let excluded: Set<ExactText>
    private let output: LogOutput
    private let clock: WallClock

    /// - Parameter excludedFields: names of attributes that are left out (`logger.excludeFields`).
    public init(
        format: LogFormat = .text, level: Logger.Level = .info, excludedFields: [String] = [],
        output: LogOutput = .standardError, clock: WallClock = .system
    ) {
        self.format = format
        logLevel = level
        excluded = Set(excludedFields.map(\.exact))
        self.output = output
        self.clock = clock
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var attributes = metadata
        if let provided = metadataProvider?.get() { attributes.merge(provided) { $1 } }
        if let error = event.error { attributes["error"] = "\(error)" }
        if let own = event.metadata { attributes.merge(own) { $1 } }
        let milliseconds = clock.milliseconds()
        let time = UTCTime(epochSeconds: milliseconds / 1000).rfc3339(milliseconds: Int(milliseconds % 1000))
        // In a stable order, so that lines can be compared.
        let shown = attributes.filter { !excluded.contains($0.key.exact) }.sorted { $0.key.exact < $1.key.exact }
        switch format {
        case .text:
            var line = "time=\(time) level=\(Self.name(of: event.level)) msg=\(LogEscaping.text(event.message.description))"
            for (key, value) in shown { line += " \(LogEscaping.text(key))=\(LogEscaping.text(value.description))" }
            output.send(line + "\n")
        case .json:
            var line = #"{"time":"\#(time)","level":"\#(Self.name(of: event.level))","msg":"#
            line += LogEscaping.quoted(event.message.description)
            for (key, value) in shown { line += ",\(LogEscaping.quoted(key)):\(Self.json(value))" }
            output.send(line + "}\n")
        }
    }

    /// The four levels that operators of Dex filter by.
    private static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARN"
        case .error, .critical: "ERROR"
        }
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): LogEscaping.quoted(text)
        case .stringConvertible(let value): LogEscaping.quoted(value.description)
        case .array(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let members):
            "{"
                + members.sorted { $0.key.exact < $1.key.exact }.map { "\(LogEscaping.quoted($0.key)):\(json($0.value))" }.joined(
                    separator: ",") + "}"
        }
    }
}
