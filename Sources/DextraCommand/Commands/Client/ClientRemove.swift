import ArgumentParser
import FoundationEssentials
import JOSE
import OpenIDConnect

struct ClientRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a client and revoke its tokens.",
        discussion: """
            Its codes and refresh tokens are deleted, and its access tokens are refused by this provider until they have \
            expired. Who checks ID and access tokens by signature alone takes them until then. The lifetime of tokens \
            comes from the configuration; with --database it is taken to be 24 hours.
            """)

    @Argument(help: "The client ID.")
    var id: String

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        try target.requireStored(clientID: id)
        let id = id
        // A token may have been issued a moment ago by a clock that is ahead.
        let until = SystemClock().now + target.tokenLifetime.timeInterval + KeySchedule.margin.timeInterval
        let isRemoved = try await target.open(missing: .refuse) { store in
            try await store.removeClient(id: id, revokedUntil: until)
        }
        guard isRemoved else { throw Failure.noClient(id) }
        outputOptions.output.print(
            text:
                "Removed client \(Printable.line(id)). Its codes and refresh tokens are gone; its access tokens are refused from now on.",
            json: ["removed": .string(id)])
    }
}
