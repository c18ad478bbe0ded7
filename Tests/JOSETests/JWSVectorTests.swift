import JOSE
import Testing

@Suite("JWS as the RFCs print them")
struct JWSVectorTests {
    @Test("is accepted", arguments: JWSVector.all)
    func accepted(_ vector: JWSVector) throws {
        let key = try vector.verificationKey()
        let verified = try JWS.verify(
            vector.compact, keys: [key], algorithms: Set(SignatureAlgorithm.allCases))
        #expect(vector.name.hasSuffix(verified.algorithm.rawValue))
        #expect(verified.keyID == key.keyID)
        #expect(verified.header["alg"]?.string == verified.algorithm.rawValue)
    }

    @Test("is refused with any one bit of payload or signature changed", arguments: JWSVector.all)
    func refusedWhenChanged(_ vector: JWSVector) throws {
        let key = try vector.verificationKey()
        let parts = vector.compact.split(separator: ".", omittingEmptySubsequences: false)
        for part in [1, 2] {
            let bytes = try Base64URL.decode(parts[part])
            for index in stride(from: 0, to: bytes.count, by: 7) {
                var changed = bytes
                changed[index] ^= 1 << UInt8(index % 8)
                var texts = parts.map(String.init)
                texts[part] = Base64URL.encode(changed)
                #expect(throws: JWSError.invalidSignature) {
                    try JWS.verify(
                        texts.joined(separator: "."), keys: [key], algorithms: Set(SignatureAlgorithm.allCases))
                }
            }
        }
    }

    @Test(
        "has the signature that we make, where there is but one",
        arguments: ["RFC 7515 A.2", "RFC 7520 4.1", "RFC 8037 A.4"])
    func reproduced(_ name: String) throws {
        let vector = try #require(JWSVector.named(name))
        let key = try PrivateKey(jwk: JWK(JSON(parsing: vector.jwk)))
        let parts = vector.compact.split(separator: ".")
        let algorithm = try #require(key.specification.algorithms.first)
        let signature = try key.sign(Array("\(parts[0]).\(parts[1])".utf8), with: algorithm)
        #expect(Base64URL.encode(signature) == parts[2])
    }

    @Test("RFC 7520 4.4: the whole JWS with HMAC comes out the same")
    func hmacReproduced() throws {
        let vector = try #require(JWSVector.named("RFC 7520 4.4"))
        let key = try JWK(JSON(parsing: vector.jwk))
        let secret = try Base64URL.decode(#require(key.json["k"]?.string))
        let payload = try UnverifiedJWS(parsing: vector.compact).payload
        let made = try JWS.sign(payload: payload, secret: secret, algorithm: .HS256, keyID: key.keyID)
        #expect(made == vector.compact)
    }

    @Test("RFC 7515 A.5: unsecured, is refused")
    func unsecured() throws {
        let compact =
            "eyJhbGciOiJub25lIn0"
            + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        let key = try #require(JWSVector.named("RFC 7515 A.2")).verificationKey()
        #expect(throws: JWSError.unsupportedAlgorithm("none")) {
            try JWS.verify(compact, keys: [key], algorithms: Set(SignatureAlgorithm.allCases))
        }
    }

    @Test("RFC 7515 A.6 and A.7: the JSON serializations are not compact ones")
    func jsonSerialization() throws {
        let parts = try #require(JWSVector.named("RFC 7515 A.3")).compact.split(separator: ".")
        let flattened: JSON = [
            "payload": .string(String(parts[1])), "protected": .string(String(parts[0])),
            "header": ["kid": "a.b"], "signature": .string(String(parts[2])),
        ]
        #expect(throws: JWSError.malformed(.form)) { try UnverifiedJWS(parsing: flattened.text) }
    }

    @Test("thumbprints: RFC 7638 §3.1, RFC 8037 A.3")
    func thumbprints() throws {
        let rsa = try JWK([
            "kty": "RSA",
            "n": """
            0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ\
            CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJ\
            ZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBn\
            iIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw
            """,
            "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        ])
        #expect(rsa.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        let publicKey = try PublicKey(jwk: rsa)
        #expect(publicKey.thumbprint == rsa.thumbprint)
        #expect(publicKey.jwk.keyID == rsa.thumbprint)

        let vector = try #require(JWSVector.named("RFC 8037"))
        let ed25519 = try JWK(JSON(parsing: vector.jwk))
        #expect(ed25519.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }
}
