import JOSE
import Testing

/// Every token here is rightly signed, so that only the rule in question can refuse it.
@Suite("A hostile JWS")
struct HostileJWSTests {
    let secret = [UInt8](repeating: 7, count: 64)
    let all = Set(SignatureAlgorithm.allCases)

    var key: VerificationKey {
        VerificationKey(keyID: nil, algorithms: [.HS256, .HS384, .HS512], material: .symmetric(secret))
    }

    /// Parts as given, with the right HMAC-SHA-256.
    func signed(_ header: String, payload: String = "e30") -> String {
        let input = "\(Base64URL.encode(Array(header.utf8))).\(payload)"
        return "\(input).\(Base64URL.encode(HashAlgorithm.sha256.hmac(Array(input.utf8), key: secret)))"
    }

    func refusal(_ compact: String) -> JWSError? {
        do throws(JWSError) {
            _ = try JWS.verify(compact, keys: [key], algorithms: all)
            return nil
        } catch {
            return error
        }
    }

    @Test("is accepted when nothing is wrong")
    func control() {
        #expect(refusal(signed(#"{"alg":"HS256"}"#)) == nil)
        #expect(refusal(signed(#" {"typ":"JWT", "alg" : "HS256"}"#)) == nil)
        #expect(refusal(signed(#"{"alg":"HS256","jku":"https://evil.example","x5u":"x","jwk":{"kty":"oct"}}"#)) == nil)
    }

    @Test(
        "is refused for its header",
        arguments: [
            (#"{"alg":"none"}"#, JWSError.unsupportedAlgorithm("none")),
            (#"{"alg":"NONE"}"#, .unsupportedAlgorithm("NONE")),
            (#"{"alg":"nOnE"}"#, .unsupportedAlgorithm("nOnE")),
            (#"{"alg":""}"#, .unsupportedAlgorithm("")),
            (#"{"alg":"hs256"}"#, .unsupportedAlgorithm("hs256")),
            (#"{"alg":"HS256 "}"#, .unsupportedAlgorithm("HS256 ")),
            (#"{"alg":"ES256K"}"#, .unsupportedAlgorithm("ES256K")),
            (#"{"alg":"HS256","crit":["exp"]}"#, .criticalHeader),
            (#"{"alg":"HS256","crit":[]}"#, .criticalHeader),
            (#"{"alg":"HS256","crit":null}"#, .criticalHeader),
            (#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, .criticalHeader),
            (#"{"alg":"HS256","alg":"HS256"}"#, .malformed(.header)),
            (#"{"alg":"none","\u0061lg":"HS256"}"#, .malformed(.header)),
            (#"{"alg":"HS256","x":{"a":1,"a":2}}"#, .malformed(.header)),
            (#"{"alg":["HS256"]}"#, .malformed(.header)),
            (#"{"alg":null}"#, .malformed(.header)),
            (#"{"alg":256}"#, .malformed(.header)),
            (#"{"kid":"a"}"#, .malformed(.header)),
            (#"{"alg":"HS256","kid":7}"#, .malformed(.header)),
            (#"{"alg":"HS256","kid":null}"#, .malformed(.header)),
            (#"{"alg":"HS256"}x"#, .malformed(.header)),
            (#"{"alg":"HS256",}"#, .malformed(.header)),
            (#"["HS256"]"#, .malformed(.header)),
            (#""HS256""#, .malformed(.header)),
            ("", .malformed(.header)),
            ("\u{FEFF}{\"alg\":\"HS256\"}", .malformed(.header)),
        ])
    func header(_ header: String, _ expected: JWSError) {
        #expect(refusal(signed(header)) == expected)
    }

    @Test(
        "is refused for its form",
        arguments: [
            ("", JWSError.malformed(.form)), (".", .malformed(.form)), ("..", .malformed(.header)),
            ("a", .malformed(.form)), ("a.b", .malformed(.form)), ("a.b.c.d", .malformed(.form)),
            ("a.b.c.d.e", .malformed(.form)), ("....", .malformed(.form)),
        ])
    func form(_ compact: String, _ expected: JWSError) {
        #expect(refusal(compact) == expected)
    }

    @Test("is refused for white space, padding and foreign characters anywhere")
    func characters() {
        let good = signed(#"{"alg":"HS256"}"#)
        #expect(refusal(good) == nil)
        for addition in [" ", "\n", "\r\n", "\t", "=", "==", "+", "/", "é", "\0", "%"] {
            #expect(refusal(addition + good) == .malformed(.header))
            #expect(refusal(good + addition) == .malformed(.signature))
            #expect(refusal(signed(#"{"alg":"HS256"}"#, payload: "e30" + addition)) == .malformed(.payload))
        }
    }

    @Test("is refused for unused bits that are not zero: one token has one text")
    func nonCanonical() throws {
        // "e30" ends in two unused bits; e31, e32 and e33 decode to the same bytes in a lenient decoder.
        for payload in ["e31", "e32", "e33"] {
            #expect(refusal(signed(#"{"alg":"HS256"}"#, payload: payload)) == .malformed(.payload))
        }
        // 32 bytes of HMAC leave four.
        let good = signed(#"{"alg":"HS256"}"#)
        let last = try #require(good.last)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let position = try #require(alphabet.firstIndex(of: last))
        #expect(refusal(good.dropLast() + String(alphabet[position + 1])) == .malformed(.signature))
    }

    @Test("is refused without a signature, and with a part of it")
    func signatureLength() throws {
        let good = signed(#"{"alg":"HS256"}"#)
        let parts = good.split(separator: ".")
        let signature = try Base64URL.decode(parts[2])
        for count in 0..<signature.count {
            let cut = "\(parts[0]).\(parts[1]).\(Base64URL.encode(signature[..<count]))"
            #expect(refusal(cut) == .invalidSignature)
        }
        #expect(refusal("\(parts[0]).\(parts[1]).\(Base64URL.encode(signature + [0]))") == .invalidSignature)
    }

    @Test("is refused for its length before anything else")
    func length() {
        let payload = String(repeating: "AAAA", count: JWS.maximumLength / 4)
        let compact = signed(#"{"alg":"HS256"}"#, payload: payload)
        #expect(refusal(compact) == .tooLong(bytes: compact.utf8.count))
        let fitting = signed(#"{"alg":"HS256"}"#, payload: String(payload.dropLast(128)))
        #expect(refusal(fitting) == nil)
    }

    @Test("a public key never serves as the secret of an HMAC")
    func confusion() throws {
        let key = try TestKeys.rsa().publicKey
        let secret = Array(try key.pem().utf8)
        let forged = try JWS.sign(payload: [], secret: secret, algorithm: .HS256)
        let trusted = VerificationKey(keyID: nil, algorithms: all, material: .public(key))
        #expect(throws: JWSError.unknownKey(keyID: nil)) {
            try JWS.verify(forged, keys: [trusted], algorithms: all)
        }
    }

    @Test("an algorithm off the caller's list is refused, though the key would do")
    func callersList() throws {
        let key = try SigningKey(algorithm: .PS256, key: TestKeys.rsa())
        let compact = try key.sign(payload: [])
        #expect(throws: JWSError.algorithmNotAllowed(.PS256)) {
            try JWS.verify(compact, keys: [key.verificationKey], algorithms: [.RS256])
        }
        let onlyRS256 = VerificationKey(
            keyID: key.keyID, algorithms: [.RS256], material: .public(key.key.publicKey))
        #expect(throws: JWSError.algorithmNotAllowed(.PS256)) {
            try JWS.verify(compact, keys: [onlyRS256], algorithms: [.RS256, .PS256])
        }
    }

    @Test("a secret shorter than the hash is refused (RFC 7518 §3.2)")
    func shortSecret() {
        let short = [UInt8](repeating: 1, count: 31)
        #expect(throws: JWSError.secretTooShort(.HS256)) {
            try JWS.sign(payload: [], secret: short, algorithm: .HS256)
        }
        let key = VerificationKey(keyID: nil, algorithms: all, material: .symmetric(short))
        #expect(throws: JWSError.secretTooShort(.HS256)) {
            try JWS.verify(signed(#"{"alg":"HS256"}"#), keys: [key], algorithms: all)
        }
    }

    @Test("never crashes the parser, whatever it is")
    func random() throws {
        var generator = TestRandom(seed: 7515)
        let good = Array(signed(#"{"alg":"HS256"}"#).utf8)
        for _ in 0..<5_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...127, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8(ascii: "."), at: index)
                }
            }
            if bytes != good {
                #expect(refusal(String(decoding: bytes, as: UTF8.self)) != nil)
            }
        }
    }
}
