import ArgumentParser
import DexConfiguration

/// Which storage a command works on. A server may have it open at the same time.
struct StoreOptions: ParsableArguments {
    @Option(help: "The configuration file that names the storage.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String?

    @Option(help: "The SQLite file, when there is no configuration file at hand.", completion: .file())
    var database: String?

    func validate() throws {
        switch (config, database) {
        case (nil, nil): throw ValidationError("Name the storage: --config config.yaml, or --database dextra.db.")
        case (.some, .some): throw ValidationError("Give one of --config and --database, not both.")
        default: break
        }
    }

    func target() throws -> StoreTarget {
        guard let config else { return .database(database ?? "") }
        // What serve makes of unknown keys is its business: here the storage matters.
        let file = ConfigurationFile(path: config, options: LoadOptions(lenient: true))
        let yaml = try file.text()
        do throws(InvalidConfiguration) {
            return .configuration(try file.check(yaml).configuration, path: config)
        } catch {
            let more = error.problems.count - 1
            throw Failure("\(error.problems[0])" + (more == 0 ? "" : " (and \(more) more: dextra check \(config))"))
        }
    }
}
