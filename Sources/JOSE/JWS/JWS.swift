/// JSON Web Signatures in the compact serialization (RFC 7515 §7.1).
public enum JWS {
    /// Bytes of a compact serialization. Tokens with hundreds of groups stay well below.
    public static let maximumLength = 256 * 1024

    /// Takes apart and checks the signature (RFC 7515 §5.2).
    ///
    /// - `keys`: `kid` picks among them if the header has one; other hints in the header are ignored.
    /// - `algorithms`: what the caller accepts. The header's `alg` has to be on it *and* fit the key.
    public static func verify(
        _ compact: String, keys: [VerificationKey], algorithms: Set<SignatureAlgorithm>
    ) throws(JWSError) -> VerifiedJWS {
        try UnverifiedJWS(parsing: compact).verified(by: keys, algorithms: algorithms)
    }

    /// Signs with a shared secret (`client_secret_jwt`); the secret has to be as long as the hash (RFC 7518 §3.2).
    public static func sign(
        payload: [UInt8], secret: [UInt8], algorithm: SignatureAlgorithm, keyID: String? = nil, type: String? = nil
    ) throws(JWSError) -> String {
        guard algorithm.isSymmetric else { throw .algorithmNotAllowed(algorithm) }
        guard secret.count >= algorithm.hash.byteCount else { throw .secretTooShort(algorithm) }
        var header: JSONObject = ["alg": .string(algorithm.rawValue)]
        header["kid"] = keyID.map { .string($0) }
        header["typ"] = type.map { .string($0) }
        return try assemble(header: header, payload: payload) { (input) throws(JWSError) in
            algorithm.hash.hmac(input, key: secret)
        }
    }

    /// Encodes both parts into one buffer, which is signed and then completed.
    static func assemble(
        header: JSONObject, payload: [UInt8], sign: ([UInt8]) throws(JWSError) -> [UInt8]
    ) throws(JWSError) -> String {
        var text: [UInt8] = []
        // 4 characters for 3 bytes; 1024 leaves room for the signature of the largest RSA key in use.
        text.reserveCapacity(payload.count * 4 / 3 + 1024)
        Base64URL.encode(header.serialized(), to: &text)
        text.append(UInt8(ascii: "."))
        Base64URL.encode(payload, to: &text)
        let signature = try sign(text)
        text.append(UInt8(ascii: "."))
        Base64URL.encode(signature, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
