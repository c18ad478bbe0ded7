import JOSE
import Testing

@Suite("A key as JWK")
struct KeyTests {
    @Test("of each kind is generated as specified, and has its public JWK")
    func generated() throws {
        let specifications: [KeySpecification] = [.rsa(bits: 2048), .ec(.p256), .ec(.p384), .ec(.p521), .ed25519]
        let types = ["RSA", "EC", "EC", "EC", "OKP"]
        for (specification, type) in zip(specifications, types) {
            let key = try PrivateKey.generate(specification)
            #expect(key.specification == specification)
            #expect(key.publicKey.specification == specification)
            #expect(key.publicKey.jwk.type == type)
            #expect(try PrivateKey.generate(specification).publicKey.thumbprint != key.publicKey.thumbprint)
        }
    }

    @Test("RSA keys outside of 2048 to 8192 bits are not generated", arguments: [-1, 0, 512, 1024, 2047, 8193, 1 << 40])
    func generatedSize(_ bits: Int) {
        #expect(throws: KeyError.unacceptableSize(bits: bits)) { try PrivateKey.generate(.rsa(bits: bits)) }
    }

    @Test("comes back from its JWK, private and public")
    func roundTrip() throws {
        for key in try TestKeys.all() {
            let written = try key.jwk().json.serialized()
            let read = try PrivateKey(jwk: JWK(JSON(parsing: written)))
            #expect(read.specification == key.specification)
            #expect(try read.jwk() == key.jwk())
            let publicKey = try PublicKey(jwk: JWK(JSON(parsing: key.publicKey.jwk.json.serialized())))
            #expect(publicKey.jwk == key.publicKey.jwk)
            let algorithm = try #require(key.specification.algorithms.first)
            #expect(publicKey.verifies(try read.sign([1], with: algorithm), of: [1], with: algorithm))
        }
    }

    @Test("EC coordinates keep their leading zeros (RFC 7518 §6.2.1.2)")
    func leadingZeros() throws {
        // One key in 128 has one; enough are made that it is all but sure to meet some.
        for _ in 0..<400 {
            let jwk = try PrivateKey.generate(.ec(.p256)).jwk().json
            for name in ["x", "y", "d"] {
                #expect(try Base64URL.decode(#require(jwk[name]?.string)).count == 32)
            }
        }
    }

    @Test("the RFCs' private keys are read", arguments: JWSVector.all.filter { !$0.name.contains("HS256") })
    func rfcKeys(_ vector: JWSVector) throws {
        let jwk = try JWK(JSON(parsing: vector.jwk))
        let key = try PrivateKey(jwk: jwk)
        #expect(key.publicKey.thumbprint == jwk.thumbprint)
    }

    @Test("a private part of another key is refused when it is read, not when it signs")
    func inconsistent() throws {
        for key in try TestKeys.all() {
            let other: PrivateKey
            if case .rsa = key.specification {
                other = try PrivateKey(jwk: JWK(JSON(parsing: #require(JWSVector.named("RFC 7515 A.2")).jwk)))
            } else {
                other = try .generate(key.specification)
            }
            var members = try #require(key.publicKey.jwk.json.object)
            for name in ["d", "p", "q", "dp", "dq", "qi"] { members[name] = try other.jwk().json[name] }
            let jwk = try JWK(.object(members))
            #expect { try PrivateKey(jwk: jwk) } throws: { error in
                if case .inconsistent = error as? KeyError { true } else { false }
            }
        }
    }

    @Test("a private key lacks no member")
    func missingMember() throws {
        for key in try TestKeys.all() {
            let members = try #require(key.jwk().json.object)
            for name in members.members.map(\.name) where name != "kid" {
                var fewer = members
                fewer[name] = nil
                #expect(throws: KeyError.malformedJWK(member: name)) { try PrivateKey(jwk: JWK(.object(fewer))) }
                for value in [JSON.null, 1, "", "a b", "AAA=", ["AQAB"]] where name != "kty" && name != "crv" {
                    fewer[name] = value
                    #expect(throws: KeyError.malformedJWK(member: name)) { try PrivateKey(jwk: JWK(.object(fewer))) }
                }
            }
        }
    }

    @Test("a point has to be on its curve, with coordinates of full length", arguments: Curve.allCases)
    func point(_ curve: Curve) throws {
        let jwk = try #require(PrivateKey.generate(.ec(curve)).publicKey.jwk.json.object)
        let x = try Base64URL.decode(#require(jwk["x"]?.string))
        func refusal(_ change: (inout JSONObject) -> Void) -> KeyError? {
            var changed = jwk
            change(&changed)
            do throws(KeyError) {
                _ = try PublicKey(jwk: JWK(.object(changed)))
                return nil
            } catch {
                return error
            }
        }
        func encoded(_ bytes: [UInt8]) -> JSON { .string(Base64URL.encode(bytes)) }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0["x"] = encoded(Array(x.dropLast())) } == .malformedJWK(member: "x"))
        #expect(refusal { $0["x"] = encoded([0] + x) } == .malformedJWK(member: "x"))
        #expect(refusal { $0["y"] = encoded([]) } == .malformedJWK(member: "y"))
        let changes: [(inout JSONObject) -> Void] = [
            { $0["y"] = $0["x"] },
            { $0["x"] = encoded([UInt8](repeating: 255, count: curve.byteCount)) },
            {
                $0["x"] = encoded([UInt8](repeating: 0, count: curve.byteCount))
                $0["y"] = encoded([UInt8](repeating: 0, count: curve.byteCount))
            },
        ]
        for change in changes {
            guard case .inconsistent = refusal(change) else {
                Issue.record("a point off the curve was taken")
                return
            }
        }
    }

    @Test(
        "kinds and curves that are not supported are told apart from broken keys",
        arguments: [
            (["kty": "EC", "crv": "secp256k1"], "EC key on secp256k1"), (["kty": "EC", "crv": "p-256"], "EC key on p-256"),
            (["kty": "OKP", "crv": "X25519"], "OKP key on X25519"), (["kty": "OKP", "crv": "Ed448"], "OKP key on Ed448"),
            (["kty": "oct", "k": "AAAA"], "kty oct"), (["kty": "rsa"], "kty rsa"), (["kty": ""], "kty "),
        ] as [(JSON, String)])
    func unsupported(_ json: JSON, _ name: String) throws {
        let jwk = try JWK(json)
        #expect(throws: KeyError.unsupported(name)) { try PublicKey(jwk: jwk) }
    }

    @Test("what is no JWK is refused", arguments: [[], "RSA", ["kid": "a"], ["kty": 1], ["kty": "RSA", "kid": 1]] as [JSON])
    func noJWK(_ json: JSON) {
        #expect(throws: KeyError.self) { try JWK(json) }
    }

    @Test("RSA: the modulus has 2048 to 8192 bits, the exponent is odd, above 1 and of 64 bits at most")
    func rsa() throws {
        let modulus = try Base64URL.decode(#require(TestKeys.rsa().publicKey.jwk.json["n"]?.string))
        func read(_ n: [UInt8], _ e: [UInt8]) throws(KeyError) {
            _ = try PublicKey(
                jwk: JWK([
                    "kty": "RSA", "n": .string(Base64URL.encode(n)), "e": .string(Base64URL.encode(e)),
                ]))
        }
        try read(modulus, [3])
        try read(modulus, [1, 0, 1])
        for exponent in [[1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]] as [[UInt8]] {
            #expect(throws: KeyError.malformedJWK(member: "e")) { try read(modulus, exponent) }
        }
        #expect(throws: KeyError.unacceptableSize(bits: 1024)) { try read([255] + modulus.suffix(127), [3]) }
        #expect(throws: KeyError.unacceptableSize(bits: 2040)) { try read([255] + modulus.suffix(254), [3]) }
        // Even: no product of two odd primes.
        #expect { try read(modulus.dropLast() + [0xAA], [3]) } throws: { error in
            if case .inconsistent = error as? KeyError { true } else { false }
        }
        let large = [UInt8](repeating: 255, count: 1025)
        #expect(throws: KeyError.unacceptableSize(bits: 8200)) { try read(large, [3]) }
    }

    @Test("purposes: use and key_ops")
    func purposes() throws {
        func isForVerification(_ members: JSONObject) throws -> Bool {
            var members = members
            members["kty"] = "RSA"
            return try JWK(.object(members)).isForVerification
        }
        #expect(try isForVerification([:]))
        #expect(try isForVerification(["use": "sig"]))
        #expect(try isForVerification(["key_ops": ["verify"]]))
        #expect(try !isForVerification(["use": "enc"]))
        #expect(try !isForVerification(["key_ops": ["encrypt"]]))
        #expect(try !isForVerification(["key_ops": "verify"]))
        #expect(try !isForVerification(["use": "enc", "key_ops": ["verify"]]))
    }
}
