import ArgumentParser
import JOSE

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @OptionGroup var outputOptions: OutputOptions

    func run() {
        outputOptions.output.print(text: "dextra \(Version.text)", json: ["name": "dextra", "version": .string(Version.text)])
    }
}
