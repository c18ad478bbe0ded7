import Bytes
import JOSE

/// A file with a JWK set.
struct KeySetFile: Sendable {
    let set: JWKSet
    /// How many verify signatures; the others are of unknown kinds or for other purposes.
    let keys: [VerificationKey]

    /// - Throws: what is wrong with the file, also when no key in it verifies signatures.
    init(path: String) throws(Failure) {
        if path.startsWithBytes(of: "http://") || path.startsWithBytes(of: "https://") {
            throw Failure("--jwks takes a file: curl -fsS '\(path)' > keys.json, then --jwks keys.json")
        }
        let text: String
        do { text = try ConfigurationFile.read(path) } catch { throw Failure("\(path): \(error)") }
        try self.init(text: text, name: path)
    }

    init(text: String, name: String) throws(Failure) {
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: Array(text.utf8)) } catch {
            throw Failure("\(name): not JSON; a JWK set looks like {\"keys\": [{\"kty\": …}]}")
        }
        guard let entries = json["keys"]?.array else {
            throw Failure("\(name): not a JWK set; it is a JSON object with a list keys")
        }
        guard !entries.contains(where: { $0["d"] != nil || $0["k"] != nil }) else {
            throw Failure("\(name): a private or secret key does not belong here; give its public part")
        }
        do throws(KeyError) { set = try JWKSet(json) } catch { throw Failure("\(name): not a JWK set: \(error.reason)") }
        keys = set.verificationKeys
        guard !keys.isEmpty else {
            throw Failure("\(name): holds no key that verifies signatures; RSA, EC (P-256, P-384, P-521) and Ed25519 keys do")
        }
    }
}
