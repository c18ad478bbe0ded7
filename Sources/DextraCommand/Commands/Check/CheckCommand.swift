import ArgumentParser
import Connectors
import DexConfiguration
import Dextra

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell everything that is wrong with a configuration file.",
        discussion: """
            Each problem stands with its file, line and column. Nothing is opened but the file itself and the files of \
            secrets that it names, keytabs among them. Exit status 0 means that it can be used.

              dextra check config.yaml
              dextra check --lenient config.yaml
            """)

    @Argument(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var file: String

    @Flag(help: "Warn about unknown keys, as Dex ignores them, instead of refusing them.")
    var lenient = false

    @OptionGroup var outputOptions: OutputOptions

    func run() throws {
        let source = ConfigurationFile(path: file, options: LoadOptions(lenient: lenient))
        let report = CheckReport(file: file, yaml: try source.text()) { yaml throws(InvalidConfiguration) in
            try source.check(yaml, checkKeytab: LDAPKerberos.problem)
        }
        outputOptions.output.print(text: report.text, json: report.json)
        guard report.isUsable else { throw ExitCode.failure }
    }
}
