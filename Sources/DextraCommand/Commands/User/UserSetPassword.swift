import ArgumentParser
import JOSE
import OpenIDConnect

struct UserSetPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-password",
        abstract: "Give a user another password. Asks for it.",
        discussion: """
            Who is logged in stays so, at most until the refresh tokens expire. To end that, disable the user.

              dextra user set-password ann@example.com --config config.yaml
            """)

    @Argument(help: "The e-mail address of the user.")
    var email: EmailAddress

    @OptionGroup var passwordOptions: PasswordOptions
    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        try target.requireStored(email)
        let email = email
        let exists = try await target.open(missing: .refuse) { store in try await store.user(email: email.text) != nil }
        guard exists else { throw Failure.noUser(email) }
        let password = try passwordOptions.read(for: email.text)
        let hash = try password.hash(cost: passwordOptions.cost ?? target.hashCost, random: SystemRandom())
        let user = try await target.change(email) { $0.passwordHash = hash }
        outputOptions.output.print(
            text: "\(Printable.line(user.email)) has a new password. Refresh tokens of earlier logins stay valid.",
            json: user.json(source: .storage))
    }
}
