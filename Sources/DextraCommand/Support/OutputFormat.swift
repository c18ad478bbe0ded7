import ArgumentParser

/// For whom a result is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// For people; may look different in the next version.
    case text
    /// For programs: one line; members may be added, and never change their meaning.
    case json
}

/// `--output`, the same for every command that has it.
struct OutputOptions: ParsableArguments {
    @Option(help: "How to print the result.")
    var output: OutputFormat = .text
}
