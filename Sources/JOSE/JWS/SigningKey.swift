/// A private key with the one algorithm that it is used with, and the name by which verifiers find it.
public struct SigningKey: Sendable {
    /// `kid`
    public let keyID: String
    public let algorithm: SignatureAlgorithm
    public let key: PrivateKey

    /// Throws `KeyError.algorithmMismatch` if the key is of another type. Without a key ID the thumbprint is it.
    public init(keyID: String? = nil, algorithm: SignatureAlgorithm, key: PrivateKey) throws(KeyError) {
        guard key.specification.algorithms.contains(algorithm) else { throw .algorithmMismatch(algorithm) }
        self.keyID = keyID ?? key.publicKey.thumbprint
        self.algorithm = algorithm
        self.key = key
    }

    /// The public key as it is published: with `kid`, `use` and `alg`.
    public var jwk: JWK {
        var jwk = key.publicKey.jwk
        jwk.keyID = keyID
        jwk.use = "sig"
        jwk.algorithm = algorithm.rawValue
        return jwk
    }

    public var verificationKey: VerificationKey {
        VerificationKey(keyID: keyID, algorithms: [algorithm], material: .public(key.publicKey))
    }

    /// A compact JWS whose header is exactly `alg`, `kid` and, if given, `typ`.
    public func sign(payload: [UInt8], type: String? = nil) throws(JWSError) -> String {
        var header: JSONObject = ["alg": .string(algorithm.rawValue), "kid": .string(keyID)]
        header["typ"] = type.map { .string($0) }
        return try JWS.assemble(header: header, payload: payload) { (input) throws(JWSError) in
            do throws(SignatureFailure) {
                return try key.handle.sign(input, with: algorithm)
            } catch {
                throw .signingFailed(error.cause)
            }
        }
    }

    /// The same for a payload of JSON: a JWT.
    public func sign(claims: JSONObject, type: String? = nil) throws(JWSError) -> String {
        try sign(payload: claims.serialized(), type: type)
    }
}
