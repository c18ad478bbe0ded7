public import DexConfiguration
public import Logging
import Bytes
import Web

extension Provider {
    /// A logger as the configuration wants it, to standard error.
    public static func logger(_ configuration: Configuration.Logger) -> Logger {
        Logger(label: "dextra") { _ in
            LineLogHandler(
                format: configuration.format == .json ? .json : .text, level: Logger.Level(configuration.level),
                excludedFields: configuration.excludeFields.map(\.text))
        }
    }
}

extension Logger.Level {
    /// Dex's levels are slog's: steps of four, of which ours show the next one up.
    fileprivate init(_ level: LogLevel) {
        self =
            switch level.value {
            case ..<(-4): .trace
            case ..<0: .debug
            case ..<4: .info
            case ..<8: .warning
            case 8: .error
            default: .critical
            }
    }
}
