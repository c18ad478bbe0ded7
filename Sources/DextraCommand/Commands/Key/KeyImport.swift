import ArgumentParser
import DexConfiguration
import JOSE
import OpenIDConnect

struct KeyImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take a private key from a PEM file as the next key.",
        discussion: """
            PKCS#8, PKCS#1 and SEC1 are read, encrypted or not: RSA from 2048 bits, EC on P-256, P-384 and P-521, Ed25519. \
            The key waits its turn as a new one does, and is replaced in its time.

              dextra key import signing.pem --config config.yaml
              dextra key import signing.pem --passphrase-file secret --database dextra.db
            """)

    @Argument(help: "The PEM file.", completion: .file(extensions: ["pem", "key"]))
    var file: String

    @Option(help: "A file that holds the passphrase, if the key is encrypted.", completion: .file())
    var passphraseFile: String?

    @Option(help: "What to sign with it. (default: the usual algorithm of its type, RS256 for RSA)")
    var algorithm: SigningAlgorithm?

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        let schedule = try target.keySchedule()
        let key = try ImportedKey(file: file, passphraseFile: passphraseFile, algorithm: algorithm)
        let clock = SystemClock()
        let row = try await target.open(missing: .create) { store in
            try await KeySuccession(store: store, schedule: schedule, clock: clock).add(key.algorithm) { _ in key.pair }
        }
        outputOptions.output.print(
            text: "Imported key \(row.key.keyID) (\(row.key.algorithm.rawValue)). \(row.announcement(now: clock.now))",
            json: row.json)
    }
}

/// A private key of a file, with what it signs by.
struct ImportedKey: Sendable {
    let pair: PrivateKey
    let algorithm: SignatureAlgorithm

    init(file: String, passphraseFile: String?, algorithm: SigningAlgorithm?) throws(Failure) {
        let pem = try Self.read(file)
        let passphrase = try passphraseFile.map { (path) throws(Failure) in try Self.read(path) }.map(Self.firstLine)
        do throws(KeyError) { pair = try PrivateKey(pem: pem, passphrase: passphrase) } catch {
            throw Failure("\(file): \(error.reason)")
        }
        let fitting = pair.specification.algorithms
        let wanted = algorithm.flatMap { SignatureAlgorithm(rawValue: $0.rawValue) }
        guard let chosen = wanted ?? fitting.first, fitting.contains(chosen) else {
            throw Failure(
                "\(file): the key is one for \(fitting.map(\.rawValue).joined(separator: ", ")), not \(wanted?.rawValue ?? "")")
        }
        self.algorithm = chosen
    }

    private static func read(_ path: String) throws(Failure) -> String {
        do { return try ConfigurationFile.read(path) } catch { throw Failure("\(path): \(error)") }
    }

    /// Without the line end that editors add.
    private static func firstLine(_ text: String) -> String {
        String(Substring(text.utf8.prefix { $0 != 0x0A && $0 != 0x0D }))
    }
}
