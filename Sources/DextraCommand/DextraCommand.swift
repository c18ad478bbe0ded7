import ArgumentParser
import Workers

/// The program. Every command is a type of its own in `Commands/`; what they decide lives in small types beside them.
///
/// Results go to standard output, everything else to standard error. Exit status: 0 done, 1 not done, 64 wrong usage.
@main
enum Program {
    static func main() async {
        // Before there are other threads: they take it over.
        Scheduling.batch()
        await DextraCommand.main()
    }
}

struct DextraCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dextra",
        abstract: "An OpenID Connect provider that takes Dex's configuration.",
        discussion: """
            Try it out:
              dextra dev

            Run it:
              dextra check config.yaml
              dextra serve config.yaml

            Keep users, clients and keys, also while it runs:
              dextra user add ann@example.com --config config.yaml
              dextra client list --config config.yaml
              dextra key rotate --config config.yaml

            See what a directory says of somebody:
              dextra connector test ldap --user jane --config config.yaml

            Complete commands in your shell:
              dextra --generate-completion-script bash > dextra.bash
            """,
        version: "dextra \(Version.text)",
        subcommands: commands)

    /// Everything that `dextra` can do, in the order of its help.
    private static let commands: [any ParsableCommand.Type] = [
        Serve.self,
        Dev.self,
        CheckCommand.self,
        UserCommand.self,
        ClientCommand.self,
        ConnectorCommand.self,
        KeyCommand.self,
        TokenCommand.self,
        PolicyCommand.self,
        HashCommand.self,
        VersionCommand.self,
    ]
}
