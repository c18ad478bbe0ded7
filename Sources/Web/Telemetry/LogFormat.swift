/// How log lines look.
public enum LogFormat: String, Sendable, Hashable {
    /// `time=2026-11-24T03:50:12.345Z level=INFO msg="login successful" connector_id=local`
    case text
    /// `{"time":"2026-11-24T03:50:12.345Z","level":"INFO","msg":"login successful","connector_id":"local"}`
    case json
}
