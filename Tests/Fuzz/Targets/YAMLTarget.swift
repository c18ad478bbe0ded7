import Bytes

@testable import DexConfiguration

/// A configuration. The files that it names hold the same text, so that files of policies and manifests are read too.
struct YAMLTarget: FuzzTarget {
    static let name = "yaml"

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        for lenient in [false, true] {
            do {
                let result = try Configuration.load(
                    yaml: text, file: "f", environment: ["SECRET": "a secret"], options: LoadOptions(lenient: lenient)
                ) { _ in text }
                check(!"\(result.configuration.issuer)".isEmpty, "there is no issuer")
            } catch {
                check(!error.problems.isEmpty, "it is refused without a reason")
            }
        }
    }
}
