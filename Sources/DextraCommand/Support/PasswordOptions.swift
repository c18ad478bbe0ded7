import ArgumentParser

/// How a new password comes in, and how it is hashed.
struct PasswordOptions: ParsableArguments {
    @Flag(help: "Read the password from standard input, never from a terminal.")
    var passwordStdin = false

    @Option(
        help: ArgumentHelp(
            "bcrypt's cost, from 4 to 16; each step doubles the time of a login. (default: passwords.bcryptCost, or 10)"))
    var cost: HashCost?

    func read(for subject: String) throws -> NewPassword {
        let input = PasswordInput()
        return passwordStdin ? try input.readPiped() : try input.read(for: subject)
    }
}
