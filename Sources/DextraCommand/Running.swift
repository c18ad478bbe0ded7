import ArgumentParser
import DexConfiguration
import Dextra
import FoundationEssentials
import Logging
import UnixSignals

/// Runs a provider until a signal ends it.
enum Running {
    /// - Parameters:
    ///   - reload: reads the configuration again at SIGHUP; nil where there is none to read.
    ///   - ready: called once everything listens and there is a key to sign with.
    static func run(
        _ configuration: Configuration, options: ProviderOptions, reload: (@Sendable () throws -> Configuration)?,
        ready: @escaping @Sendable (Logger) -> Void
    ) async throws {
        let logger = Provider.logger(configuration.logger)
        let provider: Provider
        do {
            provider = try await Provider(configuration, options: options, logger: logger)
        } catch {
            throw Failure("\(error)")
        }
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await provider.run {
                        StartupPages.release()
                        ready(logger)
                    }
                } catch { throw Failure("\(error)") }
            }
            group.addTask {
                for await signal in signals {
                    if signal != .sighup { return provider.stop() }
                    self.reload(provider, with: reload, logger)
                }
            }
            // The provider ends by itself only when it fails; after a signal it ends when everything is answered.
            try await group.next()
            try await group.next()
        }
    }

    private static func reload(_ provider: Provider, with load: (@Sendable () throws -> Configuration)?, _ logger: Logger) {
        guard let load else { return logger.warning("nothing to reload: this provider has no configuration file") }
        do {
            try provider.reload(try load())
        } catch {
            logger.error("reload failed; the old configuration stays in use", metadata: ["error": .string("\(error)")])
        }
    }
}
