import ArgumentParser
import DexConfiguration
import JOSE
import OpenIDConnect

struct UserAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a user. Asks for the password.",
        discussion: """
            At a terminal it asks twice and shows nothing; otherwise it reads one line from standard input. A password has \
            at least 8 characters and, because of bcrypt, at most 72 bytes.

              dextra user add ann@example.com --name "Ann Example" --config config.yaml
              pass show ann | dextra user add ann@example.com --database dextra.db
            """)

    @OptionGroup var draft: UserDraft
    @OptionGroup var passwordOptions: PasswordOptions
    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        try target.requireStored(draft.email)
        try await requireNew(target)
        let password = try passwordOptions.read(for: draft.email.text)
        let hash = try password.hash(cost: passwordOptions.cost ?? target.hashCost, random: SystemRandom())
        let user = draft.user(passwordHash: hash, at: SystemClock().now)
        try await target.open(missing: .create) { store in try await store.insert(user) }
        if let path = target.configurationPath, target.configuration?.enablePasswordDB == false {
            StandardError.write("warning: nobody can log in with a password, because \(path) has no enablePasswordDB: true\n")
        }
        outputOptions.output.print(
            text: "Added \(Printable.line(user.email)), who can log in now.\n" + Table(details: user.details).text,
            json: user.json(source: .storage))
    }

    /// Asked before anybody types a password for nothing; the insertion decides.
    private func requireNew(_ target: StoreTarget) async throws {
        guard try target.hasDatabase() else { return }
        let email = draft.email
        try await target.open(missing: .refuse) { store in
            if try await store.user(email: email.text) != nil { throw StoreError.alreadyExists("user \(email.text)") }
        }
    }
}
