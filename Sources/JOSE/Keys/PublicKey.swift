/// The public half of a key pair: verifies signatures, may be shown to anyone.
public final class PublicKey: Sendable {
    let handle: KeyHandle
    /// The key as JWK, with its `thumbprint` as `kid`.
    public let jwk: JWK
    /// RFC 7638: base64url of the SHA-256 of the required members.
    public let thumbprint: String

    init(handle: KeyHandle) throws(KeyError) {
        self.handle = handle
        var jwk = try handle.publicJWK()
        thumbprint = jwk.thumbprint
        jwk.keyID = thumbprint
        self.jwk = jwk
    }

    /// SubjectPublicKeyInfo in PEM ("BEGIN PUBLIC KEY").
    public convenience init(pem: String) throws(KeyError) {
        let handle = try KeyHandle(publicPEM: pem)
        try handle.checkPublicPart()
        try self.init(handle: handle)
    }

    /// The public members of a JWK; private ones are not looked at.
    public convenience init(jwk: JWK) throws(KeyError) {
        try self.init(handle: try KeyHandle.make(.publicKey, from: jwk))
    }

    public var specification: KeySpecification { handle.specification }

    /// SubjectPublicKeyInfo in PEM ("BEGIN PUBLIC KEY").
    public func pem() throws(KeyError) -> String {
        try handle.publicPEM()
    }

    /// Whether a signature is checked in some ten microseconds: RSA of usual size with the usual exponent, 65537 or less.
    public var verifiesQuickly: Bool { handle.verifiesQuickly }

    /// Whether the signature, in the form of RFC 7518 §3, is right. `false` for an algorithm of another key type.
    public func verifies(_ signature: [UInt8], of message: [UInt8], with algorithm: SignatureAlgorithm) -> Bool {
        guard specification.algorithms.contains(algorithm) else { return false }
        return handle.verify(signature, of: message, with: algorithm)
    }
}
