import ArgumentParser
import OpenIDConnect

struct UserEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Let a disabled user log in again.")

    @Argument(help: "The e-mail address of the user.")
    var email: EmailAddress

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let user = try await storeOptions.target().change(email) { $0.isDisabled = false }
        outputOptions.output.print(
            text: "Enabled \(Printable.line(user.email)), who can log in again; refresh tokens that have not expired work too.",
            json: user.json(source: .storage))
    }
}
