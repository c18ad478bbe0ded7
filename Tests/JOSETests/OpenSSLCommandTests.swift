import JOSE
import Testing

@Suite("With the openssl program", .serialized, .enabled(if: OpenSSLCommand.isPresent))
struct OpenSSLCommandTests {
    let message = Array("a message for both".utf8)

    @Test(
        "a key that it made is read, in every form",
        arguments: [
            (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], KeySpecification.rsa(bits: 2048)),
            (
                ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-aes-256-cbc", "-pass", "pass:x"],
                .rsa(bits: 3072)
            ),
            (["genrsa", "-traditional", "2048"], .rsa(bits: 2048)),
            (["genrsa", "-traditional", "-aes128", "-passout", "pass:x", "2048"], .rsa(bits: 2048)),
            (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], .ec(.p256)),
            (
                ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-aes-128-cbc", "-pass", "pass:x"],
                .ec(.p384)
            ),
            (["ecparam", "-genkey", "-name", "secp521r1"], .ec(.p521)),
            (["ecparam", "-genkey", "-noout", "-name", "prime256v1"], .ec(.p256)),
            (["genpkey", "-algorithm", "ED25519"], .ed25519),
            (["genpkey", "-algorithm", "ED25519", "-aes-256-cbc", "-pass", "pass:x"], .ed25519),
        ] as [([String], KeySpecification)])
    func reads(_ command: [String], _ specification: KeySpecification) throws {
        let openssl = try OpenSSLCommand()
        try openssl.run(command.prefix(1) + ["-out", "key.pem"] + command.dropFirst())
        let pem = try openssl.text("key.pem")
        let isEncrypted = command.contains("pass:x")
        #expect(pem.contains("ENCRYPTED") == isEncrypted)
        let key = try PrivateKey(pem: pem, passphrase: isEncrypted ? "x" : nil)
        #expect(key.specification == specification)
        if isEncrypted {
            #expect(throws: KeyError.passphraseRequired) { try PrivateKey(pem: pem) }
            #expect(throws: KeyError.wrongPassphrase) { try PrivateKey(pem: pem, passphrase: "y") }
        }
        try openssl.run("pkey", "-in", "key.pem", "-passin", "pass:x", "-pubout", "-out", "public.pem")
        #expect(try openssl.text("public.pem") == key.publicKey.pem())
    }

    @Test("SEC 1, plain and encrypted, is read", arguments: [[], ["-aes256", "-passout", "pass:x"]])
    func sec1(_ encryption: [String]) throws {
        let openssl = try OpenSSLCommand()
        let key = try PrivateKey.generate(.ec(.p384))
        try openssl.write(Array(key.pem().utf8), to: "pkcs8.pem")
        try openssl.run(["ec", "-in", "pkcs8.pem", "-out", "sec1.pem"] + encryption)
        let pem = try openssl.text("sec1.pem")
        #expect(pem.hasPrefix("-----BEGIN EC PRIVATE KEY-----"))
        #expect(try PrivateKey(pem: pem, passphrase: "x").jwk() == key.jwk())
    }

    @Test(
        "kinds of keys that we do not take are refused by name",
        arguments: [
            (["genpkey", "-algorithm", "X25519"], KeyError.unsupported("X25519 key")),
            (["genpkey", "-algorithm", "ED448"], .unsupported("ED448 key")),
            (["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], .unsupported("RSA-PSS key")),
            (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], .unsupported("EC key on secp256k1")),
            (
                ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
                .unsupported("EC key with explicit parameters")
            ),
            (["genrsa", "1024"], .unacceptableSize(bits: 1024)),
            (["genrsa", "-traditional", "1536"], .unacceptableSize(bits: 1536)),
        ] as [([String], KeyError)])
    func refuses(_ command: [String], _ expected: KeyError) throws {
        let openssl = try OpenSSLCommand()
        try openssl.run(command.prefix(1) + ["-out", "key.pem"] + command.dropFirst())
        try openssl.run("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
        let privatePEM = try openssl.text("key.pem")
        let publicPEM = try openssl.text("public.pem")
        #expect(throws: expected) { try PrivateKey(pem: privatePEM) }
        #expect(throws: expected) { try PublicKey(pem: publicPEM) }
    }

    @Test("our encrypted PEM opens with the right passphrase alone")
    func readsOurs() throws {
        for key in try TestKeys.all() {
            let openssl = try OpenSSLCommand()
            try openssl.write(Array(key.pem(passphrase: "secret").utf8), to: "key.pem")
            try openssl.run("pkey", "-in", "key.pem", "-passin", "pass:secret", "-pubout", "-out", "public.pem")
            #expect(try openssl.text("public.pem") == key.publicKey.pem())
            #expect(throws: OpenSSLCommand.Failure.self) {
                try openssl.run("pkey", "-in", "key.pem", "-passin", "pass:other", "-noout")
            }
        }
    }

    @Test("what we sign it verifies, and what it signs we verify", arguments: SigningKeyTests.algorithms)
    func signatures(_ algorithm: SignatureAlgorithm) throws {
        let openssl = try OpenSSLCommand()
        let key = try TestKeys.key(for: algorithm)
        try openssl.write(Array(key.pem().utf8), to: "key.pem")
        try openssl.write(Array(key.publicKey.pem().utf8), to: "public.pem")
        try openssl.write(message, to: "message")

        let ours = try key.sign(message, with: algorithm)
        try openssl.write(toOpenSSL(ours, key.specification, openssl), to: "ours")
        let files = ["-in", "message", "-rawin"]
        let options = options(for: algorithm)
        try openssl.run(["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-sigfile", "ours"] + files + options)

        try openssl.run(["pkeyutl", "-sign", "-inkey", "key.pem", "-out", "theirs"] + files + options)
        let theirs = try fromOpenSSL(openssl.read("theirs"), key.specification)
        #expect(key.publicKey.verifies(theirs, of: message, with: algorithm))
        #expect(!key.publicKey.verifies(theirs, of: message + [0], with: algorithm))
    }

    @Test("PSS with a salt of another length is refused (RFC 7518 §3.5)", arguments: ["0", "20", "max"])
    func saltLength(_ length: String) throws {
        let openssl = try OpenSSLCommand()
        let key = try TestKeys.rsa()
        try openssl.write(Array(key.pem().utf8), to: "key.pem")
        try openssl.write(message, to: "message")
        try openssl.run(
            "pkeyutl", "-sign", "-inkey", "key.pem", "-in", "message", "-rawin", "-out", "theirs", "-digest", "sha256",
            "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:\(length)")
        #expect(!key.publicKey.verifies(try openssl.read("theirs"), of: message, with: .PS256))
    }

    // MARK: Helpers

    private func options(for algorithm: SignatureAlgorithm) -> [String] {
        let digest = ["-digest", "sha\(algorithm.rawValue.suffix(3))"]
        switch algorithm {
        case .EdDSA: return []
        case .PS256, .PS384, .PS512:
            return digest + ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]
        default: return digest
        }
    }

    /// The program speaks DER: it is asked to write it, from a description of the two numbers.
    private func toOpenSSL(
        _ raw: [UInt8], _ specification: KeySpecification, _ openssl: borrowing OpenSSLCommand
    ) throws -> [UInt8] {
        guard case .ec(let curve) = specification else { return raw }
        func hex(_ bytes: ArraySlice<UInt8>) -> String {
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        let description = """
            asn1=SEQUENCE:signature
            [signature]
            r=INTEGER:0x\(hex(raw.prefix(curve.byteCount)))
            s=INTEGER:0x\(hex(raw.suffix(curve.byteCount)))
            """
        try openssl.write(Array(description.utf8), to: "signature.cnf")
        try openssl.run("asn1parse", "-genconf", "signature.cnf", "-noout", "-out", "signature.der")
        return try openssl.read("signature.der")
    }

    /// Reads SEQUENCE { INTEGER r, INTEGER s }, trusting it.
    private func fromOpenSSL(_ der: [UInt8], _ specification: KeySpecification) throws -> [UInt8] {
        guard case .ec(let curve) = specification else { return der }
        var rest = der.dropFirst(der[1] == 0x81 ? 3 : 2)
        var raw: [UInt8] = []
        for _ in 0..<2 {
            let length = Int(try #require(rest.dropFirst().first))
            let number = rest.dropFirst(2).prefix(length).drop { $0 == 0 }
            raw += [UInt8](repeating: 0, count: curve.byteCount - number.count) + number
            rest = rest.dropFirst(2 + length)
        }
        return raw
    }
}
