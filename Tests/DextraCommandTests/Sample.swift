import DexConfiguration
import Foundation
import OpenIDConnect

/// Things that several tests need.
enum Sample {
    /// The least that is a configuration, and more.
    static func configuration(
        _ more: String = "", storage: String = "{type: sqlite3, config: {file: x.db}}"
    ) throws -> Configuration {
        let yaml = """
            issuer: https://sso.example.com/dex
            storage: \(storage)
            web: {http: ":5556"}
            enablePasswordDB: true
            \(more)
            """
        return try Configuration.load(yaml: yaml, file: "c.yaml", environment: [:]) { _ in "" }.configuration
    }
}

/// A clock that stands still.
struct StoppedClock: WallClock {
    let now: Date
}
