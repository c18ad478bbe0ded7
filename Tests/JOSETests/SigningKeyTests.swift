import JOSE
import Testing

@Suite("A signing key")
struct SigningKeyTests {
    static let algorithms = SignatureAlgorithm.allCases.filter { !$0.isSymmetric }

    @Test("signs what its published key verifies", arguments: algorithms)
    func roundTrip(_ algorithm: SignatureAlgorithm) throws {
        let key = try SigningKey(algorithm: algorithm, key: TestKeys.key(for: algorithm))
        let compact = try key.sign(claims: ["sub": "someone"], type: "at+jwt")
        let published = try JWKSet(JSON(parsing: JWKSet([key.jwk]).json.serialized()))
        let verified = try JWS.verify(compact, keys: published.verificationKeys, algorithms: [algorithm])
        #expect(verified.payload == Array(#"{"sub":"someone"}"#.utf8))
        #expect(verified.keyID == key.keyID)
        #expect(verified.algorithm == algorithm)
    }

    @Test("writes alg, kid and typ, nothing else, in that order")
    func header() throws {
        let key = try SigningKey(keyID: "k1", algorithm: .ES256, key: .generate(.ec(.p256)))
        func header(_ compact: String) throws -> String {
            String(decoding: try Base64URL.decode(compact.prefix { $0 != "." }), as: UTF8.self)
        }
        #expect(try header(key.sign(payload: [])) == #"{"alg":"ES256","kid":"k1"}"#)
        #expect(try header(key.sign(payload: [], type: "JWT")) == #"{"alg":"ES256","kid":"k1","typ":"JWT"}"#)
    }

    @Test("takes its thumbprint for a name, and publishes no private member", arguments: algorithms)
    func published(_ algorithm: SignatureAlgorithm) throws {
        let key = try SigningKey(algorithm: algorithm, key: TestKeys.key(for: algorithm))
        #expect(key.keyID == key.key.publicKey.thumbprint)
        let names = Set(key.jwk.json.object?.members.map(\.name) ?? [])
        #expect(names.isDisjoint(with: ["d", "p", "q", "dp", "dq", "qi", "k"]))
        #expect(key.jwk.use == "sig")
        #expect(key.jwk.algorithm == algorithm.rawValue)
    }

    @Test("is not made for an algorithm of another key type")
    func mismatch() throws {
        for key in try TestKeys.all() {
            for algorithm in SignatureAlgorithm.allCases where !key.specification.algorithms.contains(algorithm) {
                #expect(throws: KeyError.algorithmMismatch(algorithm)) {
                    try SigningKey(algorithm: algorithm, key: key)
                }
                #expect(throws: KeyError.algorithmMismatch(algorithm)) { try key.sign([], with: algorithm) }
            }
        }
    }

    @Test("signs on many threads at once")
    func concurrency() async throws {
        for key in try TestKeys.all() {
            let algorithm = try #require(key.specification.algorithms.last)
            let signing = try SigningKey(algorithm: algorithm, key: key)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        let payload = Array("payload \(number)".utf8)
                        let verified = try JWS.verify(
                            signing.sign(payload: payload), keys: [signing.verificationKey], algorithms: [algorithm])
                        #expect(verified.payload == payload)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

@Suite("Choosing among keys")
struct KeyChoiceTests {
    let all = SignatureAlgorithm.asymmetric

    @Test("kid picks the key; an unknown kid is told apart from a bad signature")
    func byKeyID() throws {
        let a = try SigningKey(keyID: "a", algorithm: .ES256, key: .generate(.ec(.p256)))
        let b = try SigningKey(keyID: "b", algorithm: .ES256, key: .generate(.ec(.p256)))
        let falseA = try SigningKey(keyID: "a", algorithm: .ES256, key: .generate(.ec(.p256)))
        let keys = [a.verificationKey, b.verificationKey]
        #expect(try JWS.verify(b.sign(payload: []), keys: keys, algorithms: all).keyID == "b")
        #expect(throws: JWSError.invalidSignature) {
            try JWS.verify(falseA.sign(payload: []), keys: keys, algorithms: all)
        }
        #expect(throws: JWSError.unknownKey(keyID: "a")) {
            try JWS.verify(a.sign(payload: []), keys: [b.verificationKey], algorithms: all)
        }
        #expect(throws: JWSError.unknownKey(keyID: "a")) {
            try JWS.verify(a.sign(payload: []), keys: [], algorithms: all)
        }
    }

    @Test("of two keys with one kid (rotation without renaming) each is tried")
    func sameKeyID() throws {
        let old = try SigningKey(keyID: "a", algorithm: .ES256, key: .generate(.ec(.p256)))
        let new = try SigningKey(keyID: "a", algorithm: .EdDSA, key: .generate(.ed25519))
        let keys = [old.verificationKey, new.verificationKey]
        #expect(try JWS.verify(old.sign(payload: []), keys: keys, algorithms: all).algorithm == .ES256)
        #expect(try JWS.verify(new.sign(payload: []), keys: keys, algorithms: all).algorithm == .EdDSA)
    }

    @Test("a key without a name serves tokens with and without kid")
    func unnamed() throws {
        let key = try SigningKey(keyID: "a", algorithm: .ES256, key: .generate(.ec(.p256)))
        let unnamed = VerificationKey(keyID: nil, algorithms: [.ES256], material: .public(key.key.publicKey))
        #expect(try JWS.verify(key.sign(payload: []), keys: [unnamed], algorithms: all).keyID == "a")
    }

    @Test("without kid all keys of the type are tried")
    func withoutKeyID() throws {
        let vector = try #require(JWSVector.named("RFC 7515 A.3"))
        let other = try SigningKey(keyID: "x", algorithm: .ES256, key: .generate(.ec(.p256))).verificationKey
        _ = try JWS.verify(vector.compact, keys: [other, vector.verificationKey()], algorithms: all)
        #expect(throws: JWSError.invalidSignature) { try JWS.verify(vector.compact, keys: [other], algorithms: all) }
        #expect(throws: JWSError.unknownKey(keyID: nil)) { try JWS.verify(vector.compact, keys: [], algorithms: all) }
    }

    @Test("a published set leaves out keys for encryption, of unknown kinds, weak and broken ones")
    func set() throws {
        var good = try PrivateKey.generate(.ec(.p256)).publicKey.jwk
        good.keyID = "good"
        var encryption = good
        encryption.use = "enc"
        var foreign = good
        foreign.algorithm = "ECDH-ES"
        let set: JSON = [
            "keys": [
                encryption.json, foreign.json, "no object", ["kty": 5], ["kty": "LATTICE"], ["kty": "oct", "k": "AAAA"],
                ["kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"], good.json,
            ]
        ]
        let keys = try JWKSet(set).verificationKeys
        #expect(keys.map(\.keyID) == ["good"])
        #expect(keys.first?.algorithms == [.ES256])
        #expect(throws: KeyError.malformedJWK(member: "keys")) { try JWKSet(JSON.array([])) }
        #expect(throws: KeyError.self) {
            try JWKSet(["keys": .array(Array(repeating: good.json, count: JWKSet.maximumCount + 1))])
        }
    }

    @Test("a set never holds private members, even if it was given some")
    func setIsPublic() throws {
        for key in try TestKeys.all() {
            #expect(try JWKSet([key.jwk()]).keys == [key.publicKey.jwk])
        }
        let symmetric = try JWK(["kty": "oct", "k": "AAAA"])
        #expect(JWKSet([symmetric]).keys.isEmpty)
    }
}
