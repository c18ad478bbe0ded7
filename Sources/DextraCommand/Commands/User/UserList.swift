import ArgumentParser
import OpenIDConnect

struct UserList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all users, also those of the configuration.")

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        let users = try await target.open(missing: .refuse) { store in try await store.users() }
        let listing = UserListing(stored: users, target: target)
        if listing.isEmpty, outputOptions.output == .text { return StandardError.write("There are no users yet.\n") }
        outputOptions.output.print(text: listing.text, json: listing.json)
    }
}
