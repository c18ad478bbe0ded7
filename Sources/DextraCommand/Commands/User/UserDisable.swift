import ArgumentParser
import OpenIDConnect

struct UserDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Refuse a user's logins and refresh tokens, until enabled again.")

    @Argument(help: "The e-mail address of the user.")
    var email: EmailAddress

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        let user = try await target.change(email) { $0.isDisabled = true }
        outputOptions.output.print(
            text: "Disabled \(Printable.line(user.email)). \(UserConsequences.refused(target))", json: user.json(source: .storage)
        )
    }
}
