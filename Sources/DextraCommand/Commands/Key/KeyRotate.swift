import ArgumentParser
import DexConfiguration
import JOSE
import OpenIDConnect

extension SigningAlgorithm: ExpressibleByArgument {}

struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make the next key now, and say when it will sign.",
        discussion: """
            Servers publish it within seconds and begin to sign with it once every verifier has had the time to fetch it. \
            The old key stays published until its last token has expired.

              dextra key rotate --config config.yaml
            """)

    @Option(
        help: "The algorithm of the new key. (default: signer.config.algorithm; with --database that of the newest key, or RS256)"
    )
    var algorithm: SigningAlgorithm?

    @OptionGroup(title: "Storage") var storeOptions: StoreOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let target = try storeOptions.target()
        let schedule = try target.keySchedule()
        let chosen = try algorithm.flatMap { SignatureAlgorithm(rawValue: $0.rawValue) } ?? target.keyAlgorithm()
        let clock = SystemClock()
        let row = try await target.open(missing: .create) { store in
            let newest = try await store.signingKeys().last
            return try await KeySuccession(store: store, schedule: schedule, clock: clock)
                .add(chosen ?? newest?.algorithm ?? .RS256) { specification in try PrivateKey.generate(specification) }
        }
        outputOptions.output.print(
            text: "Made key \(row.key.keyID) (\(row.key.algorithm.rawValue)). \(row.announcement(now: clock.now))", json: row.json
        )
    }
}
