import Testing

import JOSE

extension JWSVector {
    func verificationKey() throws -> VerificationKey {
        let jwk = try JWK(JSON(parsing: jwk))
        let material: VerificationKey.Material
        if let secret = jwk.json["k"]?.string {
            material = .symmetric(try Base64URL.decode(secret))
        } else {
            material = .public(try PublicKey(jwk: jwk))
        }
        return VerificationKey(keyID: jwk.keyID, algorithms: Set(SignatureAlgorithm.allCases), material: material)
    }
}

/// Keys that many tests share, as making RSA keys takes time.
enum TestKeys {
    /// One of each kind; RSA from RFC 7520, the others new.
    static func all() throws -> [PrivateKey] {
        try [rsa(), .generate(.ec(.p256)), .generate(.ec(.p384)), .generate(.ec(.p521)), .generate(.ed25519)]
    }

    static func rsa() throws -> PrivateKey {
        let vector = try #require(JWSVector.named("RFC 7520 4.1"))
        return try PrivateKey(jwk: JWK(JSON(parsing: vector.jwk)))
    }

    static func key(for algorithm: SignatureAlgorithm) throws -> PrivateKey {
        let specification = try #require(algorithm.defaultKeySpecification)
        if case .rsa = specification { return try rsa() }
        return try .generate(specification)
    }
}
