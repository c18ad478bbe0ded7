import ArgumentParser
import JOSE

struct HashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Make the bcrypt hash of a password, for staticPasswords.",
        discussion: """
            At a terminal it asks twice and shows nothing; otherwise it reads one line from standard input.

              dextra hash
              printf %s "$PASSWORD" | dextra hash --cost 12
            """)

    @OptionGroup var passwordOptions: PasswordOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() throws {
        let password = try passwordOptions.read(for: "")
        let hash = try password.hash(cost: passwordOptions.cost ?? .standard, random: SystemRandom())
        outputOptions.output.print(text: hash, json: ["hash": .string(hash)])
    }
}
