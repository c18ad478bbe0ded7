import ArgumentParser
import JOSE
import OpenIDConnect

struct UserRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a user for good.",
        discussion: """
            Whoever gets the same address later is somebody else, with another user ID. To let somebody come back, disable \
            the user instead.
            """)

    @Argument(help: "The e-mail address of the user.")
    var email: EmailAddress

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        try target.requireStored(email)
        let email = email
        let isRemoved = try await target.open(missing: .refuse) { store in try await store.removeUser(email: email.text) }
        guard isRemoved else { throw Failure.noUser(email) }
        outputOptions.output.print(
            text: "Removed \(Printable.line(email.text)). \(UserConsequences.refused(target))",
            json: ["removed": .string(email.text)])
    }
}
