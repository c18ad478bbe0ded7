import Bytes

/// The environment variables by which Dex is switched.
struct EnvironmentSwitches {
    private let environment: [ExactText: String]

    init(_ environment: [ExactText: String]) {
        self.environment = environment
    }

    /// `DEX_EXPAND_ENV`, on by default.
    var expandsVariables: Bool { bool("DEX_EXPAND_ENV") ?? true }

    /// `DEX_FRONTEND_DIR`, used when `frontend.dir` is not written.
    var frontendDirectory: String? {
        environment["DEX_FRONTEND_DIR"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Switches that are on and have no effect here, with the reason.
    var withoutEffect: [(name: ExactText, reason: String)] {
        [
            ("DEX_SESSIONS_ENABLED", "browser sessions are not built yet"),
            ("DEX_API_CONNECTORS_CRUD", "the gRPC API is not built yet"),
            ("DEX_API_SESSIONS_IDENTITIES_CRUD", "the gRPC API is not built yet"),
            ("DEX_CLIENT_CREDENTIAL_GRANT_ENABLED_BY_DEFAULT", "the client credentials grant is not built yet"),
            ("DEX_ENT_ENABLED", "there is one SQL engine"),
        ].filter { bool($0.0) == true }
    }

    /// A switch as Go reads one; nil if unset or something else.
    private func bool(_ name: ExactText) -> Bool? {
        switch environment[name] {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
