import ArgumentParser
import DexConfiguration
import JOSE
import OpenIDConnect
import Testing

@testable import dextra

@Suite("Clients on the command line")
struct ClientTests {
    private func draft(_ arguments: String...) throws -> ClientDraft {
        try ClientAdd.parse(arguments + ["--database", "x.db"]).draft
    }

    @Test("a secret has 256 bits, is stored as its hash, and prints as stars")
    func secret() throws {
        let secret = GeneratedSecret(random: SystemRandom())
        #expect(try Base64URL.decode(secret.text).count == 32)
        #expect(secret.stored == .sha256(HashAlgorithm.sha256.hash(Array(secret.text.utf8))))
        #expect(secret.stored.matches(secret.text))
        #expect("\(secret)" == "***")
        #expect(GeneratedSecret(random: SystemRandom()).text != secret.text)
    }

    static let needs: [([String], Bool)] = [
        ([], true), (["--auth-method", "client_secret_basic"], true), (["--auth-method", "client_secret_post"], true),
        (["--public"], false),
        (["--public", "--auth-method", "none"], false), (["--auth-method", "private_key_jwt", "--jwks", "k.json"], false),
    ]

    @Test("only who proves itself by a secret gets one", arguments: needs)
    func needsSecret(_ arguments: [String], _ needsSecret: Bool) throws {
        #expect(try ClientAdd.parse(arguments + ["--database", "x.db"]).draft.needsSecret == needsSecret)
    }

    @Test("the ID is the argument, --id, or a random one, and the name by default")
    func names() throws {
        #expect(try draft("a").client(secret: nil, keys: nil) { "made" }.id == "a")
        #expect(try draft("--id", "a").client(secret: nil, keys: nil) { "made" }.id == "a")
        let client = try draft().client(secret: nil, keys: nil) { "made" }
        #expect(client.id == "made")
        #expect(client.name == "made")
    }

    @Test("addresses for answers and for those who have logged out are kept apart")
    func addresses() throws {
        let client = try draft(
            "a", "--redirect-uri", "https://a/cb", "--post-logout-redirect-uri", "https://a/out", "--post-logout-redirect-uri",
            "https://a/bye"
        ).client(secret: nil, keys: nil) { "made" }
        #expect(client.redirectURIs == ["https://a/cb"] && client.postLogoutRedirectURIs == ["https://a/out", "https://a/bye"])
        #expect(client.details.filter { $0.name == "  after logout" }.map(\.value) == ["https://a/out", "https://a/bye"])
        #expect(client.json(source: .storage)["postLogoutRedirectURIs"]?.array?.count == 2)
    }

    @Test("what might surprise is said")
    func remarks() throws {
        func remarks(_ arguments: String...) throws -> [String] {
            let draft = try ClientAdd.parse(arguments + ["--database", "x.db"]).draft
            return draft.remarks(for: draft.client(secret: nil, keys: nil) { "made" })
        }
        #expect(try remarks("--redirect-uri", "https://a.example.com/cb").isEmpty)
        #expect(try remarks().first?.contains("nobody can log in") == true)
        #expect(try remarks("--public").first?.contains("loopback") == true)
        #expect(try remarks("--redirect-uri", "https://*.example.com/cb").first?.contains("stands for itself") == true)
    }

    @Test("a list has no secret, of either kind")
    func listing() throws {
        let configuration = try Sample.configuration("staticClients: [{id: static, name: S, secret: plain-text-secret}]")
        let secret = GeneratedSecret(random: SystemRandom())
        let stored = Client(id: "stored", secret: secret.stored, name: "Stored", redirectURIs: ["https://a/cb"])
        let listing = ClientListing(stored: [stored], target: .configuration(configuration, path: "c.yaml"))
        for text in [listing.text, listing.json.text] {
            #expect(text.contains("static") && text.contains("stored"))
            #expect(!text.contains("plain-text-secret") && !text.contains(secret.text))
        }
        #expect(listing.json.array?.map { $0["hasSecret"]?.bool } == [true, true])
        #expect(stored.json(with: secret)["secret"]?.string == secret.text)
        #expect(stored.json(source: .storage)["secret"] == nil)
    }

    @Test("a connector that the configuration has not is refused")
    func connectors() throws {
        let target = StoreTarget.configuration(try Sample.configuration(), path: "c.yaml")
        try target.requireConnectors(["local"])
        #expect(throws: Failure.self) { try target.requireConnectors(["local", "github"]) }
        try StoreTarget.database("x.db").requireConnectors(["anything"])
    }

    @Test("a client of the configuration is changed there")
    func fixed() throws {
        let configuration = try Sample.configuration("staticClients: [{id: app, name: S, secret: plain-text-secret}]")
        #expect(throws: Failure.self) {
            try StoreTarget.configuration(configuration, path: "c.yaml").requireStored(clientID: "app")
        }
        try StoreTarget.configuration(configuration, path: "c.yaml").requireStored(clientID: "other")
    }

    static let keySetsCases: [(String, String)] = [
        ("", "not JSON"), ("[]", "JWK set"), (#"{"keys": 1}"#, "JWK set"), (#"{"keys": []}"#, "no key"),
        (#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#, "does not belong here"),
        (#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}]}"#, "does not belong here"),
        (#"{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}"#, "no key"),
    ]

    @Test("a key set is one of public keys", arguments: keySetsCases)
    func keySets(_ text: String, _ reason: String) {
        let failure = #expect(throws: Failure.self) { try KeySetFile(text: text, name: "k.json") }
        #expect(failure?.description.contains(reason) == true)
        #expect(failure?.description.contains("c2VjcmV0") == false)
    }

    @Test("a key set is a file, not an address")
    func address() {
        let failure = #expect(throws: Failure.self) { try KeySetFile(path: "https://sso.example.com/keys") }
        #expect(failure?.description.contains("curl") == true)
    }
}
