import ArgumentParser
import OpenIDConnect

struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the published keys with their times; never their private parts.")

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        let keys = try await target.open(missing: .refuse) { store in try await store.signingKeys() }
        // States depend on stored times alone, so that keys in files are listed too.
        let schedule = KeySchedule(rotationPeriod: nil, tokenLifetime: target.tokenLifetime)
        let listing = KeyListing(keys, schedule: schedule, now: SystemClock().now)
        if listing.rows.isEmpty, outputOptions.output == .text {
            return StandardError.write("There are no keys yet; dextra serve makes the first one.\n")
        }
        outputOptions.output.print(text: listing.text, json: listing.json)
    }
}
