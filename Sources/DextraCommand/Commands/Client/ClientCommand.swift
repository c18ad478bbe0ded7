import ArgumentParser

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Keep the applications that may ask for tokens.",
        discussion: """
            They are in the storage, beside those in staticClients. A running server sees every change at once.

              dextra client add dashboard --redirect-uri https://dash.example.com/cb \\
                --config config.yaml
              dextra client list --config config.yaml
              dextra client rotate-secret dashboard --config config.yaml
            """,
        subcommands: [ClientAdd.self, ClientList.self, ClientRotateSecret.self, ClientRemove.self])
}
