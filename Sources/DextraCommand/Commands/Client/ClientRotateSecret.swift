import ArgumentParser
import JOSE
import OpenIDConnect

struct ClientRotateSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-secret",
        abstract: "Give a client another secret. Prints it, once.",
        discussion: """
            The old secret stops working at once; tokens that were issued stay valid.

              dextra client rotate-secret dashboard --config config.yaml
            """,
        aliases: ["rotate"])

    @Argument(help: "The client ID.")
    var id: String

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        try target.requireStored(clientID: id)
        let id = id
        let secret = GeneratedSecret(random: SystemRandom())
        let client = try await target.open(missing: .refuse) { store in
            guard var client = try await store.client(id: id) else { throw Failure.noClient(id) }
            guard client.secret != nil else {
                throw Failure("client \(Printable.line(id)) has no secret: it proves itself by \(client.proof)")
            }
            client.secret = secret.stored
            guard try await store.update(client) else { throw Failure.noClient(id) }
            return client
        }
        outputOptions.output.print(
            text: "Client \(Printable.line(id)) has a new secret, shown now and never again. The old one no longer works.\n"
                + Table(details: [("  secret", secret.text)]).text,
            json: client.json(with: secret))
    }
}
