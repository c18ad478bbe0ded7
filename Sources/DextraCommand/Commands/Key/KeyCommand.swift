import ArgumentParser

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Keep the keys that sign tokens.",
        discussion: """
            A server makes and replaces its keys by itself. A new key is published before it signs, so that every \
            verifier has fetched it by then; an old one stays published until its last token has expired.

              dextra key list --config config.yaml
              dextra key rotate --config config.yaml
              dextra key import signing.pem --config config.yaml
            """,
        subcommands: [KeyList.self, KeyRotate.self, KeyImport.self])
}
