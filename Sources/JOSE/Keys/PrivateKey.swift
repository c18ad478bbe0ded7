/// A key pair that signs. Its private half leaves only by `pem` and `jwk`.
public final class PrivateKey: Sendable {
    let handle: KeyHandle
    public let publicKey: PublicKey

    private init(handle: KeyHandle) throws(KeyError) {
        self.handle = handle
        publicKey = try PublicKey(handle: handle)
    }

    /// A new key. RSA takes a good part of a second.
    public static func generate(_ specification: KeySpecification) throws(KeyError) -> PrivateKey {
        try PrivateKey(handle: try KeyHandle.generate(specification))
    }

    /// PKCS#1, PKCS#8 or SEC1 in PEM, encrypted or not. Without need, the passphrase is ignored.
    public convenience init(pem: String, passphrase: String? = nil) throws(KeyError) {
        let handle = try KeyHandle(privatePEM: pem, passphrase: passphrase)
        try handle.checkPair()
        try self.init(handle: handle)
    }

    /// A key in PKCS#8 PEM that was made here, or checked when it was taken in. Only that it still makes signatures which its
    /// public half accepts is checked again: that finds a damaged text, in a quarter of the time.
    public convenience init(storedPEM pem: String) throws(KeyError) {
        let handle = try KeyHandle(privatePEM: pem, passphrase: nil)
        try handle.checkSignature()
        try self.init(handle: handle)
    }

    /// A JWK with the private members of RFC 7518 §6 or RFC 8037 §2. RSA needs all of the CRT members.
    public convenience init(jwk: JWK) throws(KeyError) {
        let handle = try KeyHandle.make(.keyPair, from: jwk)
        try handle.checkPair()
        try self.init(handle: handle)
    }

    public var specification: KeySpecification { handle.specification }

    /// PKCS#8 in PEM, encrypted if there is a passphrase (PBKDF2, AES-256-CBC).
    public func pem(passphrase: String? = nil) throws(KeyError) -> String {
        try handle.privatePEM(passphrase: passphrase)
    }

    /// The JWK **with its private members**. For the one to publish see `publicKey.jwk`.
    public func jwk() throws(KeyError) -> JWK {
        var jwk = try handle.privateJWK()
        jwk.keyID = publicKey.thumbprint
        return jwk
    }

    /// A signature in the form of RFC 7518 §3.
    public func sign(_ message: [UInt8], with algorithm: SignatureAlgorithm) throws(KeyError) -> [UInt8] {
        guard specification.algorithms.contains(algorithm) else { throw .algorithmMismatch(algorithm) }
        do throws(SignatureFailure) {
            return try handle.sign(message, with: algorithm)
        } catch {
            throw .failed(error.cause)
        }
    }
}
