import ArgumentParser
import DexConfiguration
import Dextra
import FoundationEssentials
import Logging
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the provider with a Dex configuration file.",
        discussion: """
            The file is checked first; everything wrong with it is told at once, with line and column.

              dextra serve config.yaml
              dextra serve --web-http-addr 127.0.0.1:5556 config.yaml

            SIGTERM and SIGINT finish what is being answered and stop. SIGHUP reads clients, users and certificates again; if
            that fails, the old ones stay in use.
            """)

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var file: String

    @Option(name: .customLong("web-http-addr"), help: "Listen here for HTTP instead of web.http.")
    var webHTTP: ListenAddress?

    @Option(name: .customLong("web-https-addr"), help: "Listen here for HTTPS instead of web.https.")
    var webHTTPS: ListenAddress?

    @Option(name: .customLong("telemetry-addr"), help: "Listen here for telemetry instead of telemetry.http.")
    var telemetryHTTP: ListenAddress?

    @Flag(help: "Warn about unknown keys, as Dex ignores them, instead of refusing to start.")
    var lenient = false

    func run() async throws {
        let source = ConfigurationFile(
            path: file, options: LoadOptions(lenient: lenient, webHTTP: webHTTP, webHTTPS: webHTTPS, telemetryHTTP: telemetryHTTP)
        )
        let configuration = try source.load()
        try await Running.run(configuration, options: .standard, reload: source.load) { logger in
            // At every level: whoever started this waits for it.
            var announcing = logger
            announcing.logLevel = min(logger.logLevel, .info)
            announcing.info("ready", metadata: ["issuer": .string(configuration.issuer.text)])
        }
    }
}

extension ListenAddress: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
