import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Try the edge's policies without a proxy.",
        subcommands: [PolicyExplain.self])
}
