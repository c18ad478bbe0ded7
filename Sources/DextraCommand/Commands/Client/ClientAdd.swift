import ArgumentParser
import JOSE
import OpenIDConnect

struct ClientAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a client. Prints its secret, once.",
        discussion: """
            The secret is 256 random bits; only its SHA-256 is stored, so that nobody can show it again.

              dextra client add dashboard --redirect-uri https://dash.example.com/cb \\
                --config config.yaml
              dextra client add cli --public --redirect-uri http://127.0.0.1/callback \\
                --config config.yaml
              dextra client add backend --auth-method private_key_jwt --jwks keys.json \\
                --redirect-uri https://backend.example.com/cb --config config.yaml
            """)

    @OptionGroup var draft: ClientDraft
    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        try target.requireConnectors(draft.allowedConnectors)
        let random = SystemRandom()
        let keys = try draft.jwks.map { path in try KeySetFile(path: path).set.json.text }
        let secret = draft.needsSecret ? GeneratedSecret(random: random) : nil
        let client = draft.client(secret: secret, keys: keys) { Identifier.make(random) }
        try target.requireStored(clientID: client.id)
        try await target.open(missing: .create) { store in try await store.insert(client) }
        for remark in draft.remarks(for: client) { StandardError.write("warning: \(Printable.line(remark))\n") }
        outputOptions.output.print(text: text(client, secret), json: client.json(with: secret))
    }

    private func text(_ client: Client, _ secret: GeneratedSecret?) -> String {
        var details = client.details
        if let secret { details.append(("  secret", secret.text)) }
        return "Added client \(Printable.line(client.id))."
            + (secret == nil ? "" : " Its secret is shown now and never again.") + "\n" + Table(details: details).text
    }
}

extension Client {
    /// With its new secret, for whoever asked for it.
    func json(with secret: GeneratedSecret?) -> JSON {
        guard var object = json(source: .storage).object else { return .null }
        object["secret"] = secret.map { .string($0.text) }
        return .object(object)
    }
}
