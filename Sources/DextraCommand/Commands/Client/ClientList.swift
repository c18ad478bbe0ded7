import ArgumentParser
import OpenIDConnect

struct ClientList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all clients, also those of the configuration.")

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        let clients = try await target.open(missing: .refuse) { store in try await store.clients() }
        let listing = ClientListing(stored: clients, target: target)
        if listing.isEmpty, outputOptions.output == .text { return StandardError.write("There are no clients yet.\n") }
        outputOptions.output.print(text: listing.text, json: listing.json)
    }
}
