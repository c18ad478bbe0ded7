import JOSE
import Testing

@Suite("A key as PEM")
struct PEMTests {
    @Test("comes back, plain and encrypted, private and public")
    func roundTrip() throws {
        for key in try TestKeys.all() {
            let plain = try key.pem()
            #expect(plain.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
            #expect(try PrivateKey(pem: plain).jwk() == key.jwk())
            #expect(try PrivateKey(pem: plain, passphrase: "not needed").jwk() == key.jwk())

            let passphrase = "pass phrase é😀"
            let encrypted = try key.pem(passphrase: passphrase)
            #expect(encrypted.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
            #expect(try PrivateKey(pem: encrypted, passphrase: passphrase).jwk() == key.jwk())

            let shown = try key.publicKey.pem()
            #expect(shown.hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
            #expect(try PublicKey(pem: shown).jwk == key.publicKey.jwk)
        }
    }

    @Test("says whether a passphrase is missing or wrong, and asks no terminal")
    func passphrases() throws {
        for key in try TestKeys.all() {
            let encrypted = try key.pem(passphrase: "right")
            #expect(throws: KeyError.passphraseRequired) { try PrivateKey(pem: encrypted) }
            for wrong in ["", "wrong", "right ", "Right", String(repeating: "x", count: 5_000)] {
                #expect(throws: KeyError.wrongPassphrase) { try PrivateKey(pem: encrypted, passphrase: wrong) }
            }
        }
    }

    @Test("is not encrypted with an empty passphrase, which would protect nothing")
    func emptyPassphrase() throws {
        let key = try PrivateKey.generate(.ed25519)
        #expect(throws: KeyError.passphraseRequired) { try key.pem(passphrase: "") }
    }

    @Test(
        "is refused if it is none",
        arguments: [
            "", " ", "\0", "key", "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ])
    func refused(_ text: String) {
        for read in [{ try PrivateKey(pem: text).publicKey }, { try PublicKey(pem: text) }] {
            #expect { try read() } throws: { error in
                if case .malformedPEM = error as? KeyError { true } else { false }
            }
        }
    }

    @Test("a public key is no private one, and the other way round")
    func kinds() throws {
        for key in try TestKeys.all() {
            let publicPEM = try key.publicKey.pem()
            let privatePEM = try key.pem()
            #expect(throws: KeyError.self) { try PrivateKey(pem: publicPEM) }
            #expect(throws: KeyError.self) { try PublicKey(pem: privatePEM) }
        }
    }

    @Test("changed at random never crashes, and never becomes another key in silence")
    func fuzz() throws {
        var generator = TestRandom(seed: 7468)
        for specification in [KeySpecification.ec(.p256), .ed25519] {
            let key = try PrivateKey.generate(specification)
            for passphrase in [nil, "x"] {
                let good = Array(try key.pem(passphrase: passphrase).utf8)
                for _ in 0..<300 {
                    var bytes = good
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[index] = UInt8.random(in: 0...127, using: &generator)
                    guard let read = try? PrivateKey(pem: String(decoding: bytes, as: UTF8.self), passphrase: passphrase)
                    else { continue }
                    // Whatever was read is a pair that works.
                    let algorithm = try #require(read.specification.algorithms.first)
                    let signature = try read.sign([1, 2, 3], with: algorithm)
                    #expect(read.publicKey.verifies(signature, of: [1, 2, 3], with: algorithm))
                }
            }
        }
    }

    @Test("errors carry OpenSSL's reasons and no part of the key")
    func noSecretsInErrors() throws {
        let key = try PrivateKey.generate(.ec(.p256))
        let pem = try key.pem(passphrase: "TopSecret")
        let body = pem.split(separator: "\n")[1]
        do {
            _ = try PrivateKey(pem: String(pem.prefix(120)), passphrase: "TopSecret")
            Issue.record("read half a key")
        } catch {
            #expect(!"\(error)".contains(body.prefix(16)))
            #expect(!"\(error)".contains("TopSecret"))
        }
    }
}
