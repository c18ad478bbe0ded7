import Bytes
import JOSE

/// A compact JWS, verified with the keys of RFC 7515: nobody else has signed anything with them, so only what stands there may pass.
struct JWSTarget: FuzzTarget {
    static let name = "jws"
    private let keys: [VerificationKey]

    init() throws {
        let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
        let ec: JSON = [
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ]
        let rsa: JSON = [
            "kty": "RSA",
            "n":
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            "e": "AQAB",
        ]
        keys = [
            VerificationKey(
                keyID: nil, algorithms: [.HS256, .HS384, .HS512], material: .symmetric(try Base64URL.decode(secret))),
            VerificationKey(keyID: nil, algorithms: [.ES256], material: .public(try PublicKey(jwk: JWK(ec)))),
            VerificationKey(
                keyID: nil, algorithms: [.RS256, .RS384, .RS512, .PS256, .PS384, .PS512],
                material: .public(try PublicKey(jwk: JWK(rsa)))),
        ]
    }

    /// Header and payload of RFC 7515, appendices A.1, A.2 and A.3.
    private static let signed = [
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJFUzI1NiJ9",
    ].map { $0 + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" }

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self), let jws = try? UnverifiedJWS(parsing: text) else { return }
        let parts = text.cut(at: ".")
        check(parts.count == 3, "it has \(parts.count) parts")
        check(Base64URL.encode(jws.payload).hasSameBytes(as: parts[1]), "the payload has two texts")
        guard let header = try? Base64URL.decode(String(parts[0])) else { fail("the header is not base64url") }
        check(Base64URL.encode(header).hasSameBytes(as: parts[0]), "the header has two texts")
        guard let verified = try? jws.verified(by: keys, algorithms: Set(SignatureAlgorithm.allCases)) else { return }
        check(Self.signed.containsExactly("\(parts[0]).\(parts[1])"), "somebody else has signed")
        check(verified.payload == jws.payload, "another payload was verified")
    }
}
