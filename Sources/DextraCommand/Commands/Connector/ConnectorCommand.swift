import ArgumentParser

struct ConnectorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connector",
        abstract: "Try out where identities come from.",
        discussion: """
              dextra connector test ldap --user jane --config config.yaml
            """,
        subcommands: [ConnectorTest.self])
}
