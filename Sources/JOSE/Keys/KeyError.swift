/// Why something is not a usable key.
public enum KeyError: Error, Sendable, Hashable {
    /// No PEM block of a key, or a damaged one.
    case malformedPEM(OpenSSLFailure)
    /// The key is encrypted, and no passphrase was given.
    case passphraseRequired
    /// The passphrase does not open the key, or the encrypted part is damaged: the two cannot be told apart.
    case wrongPassphrase
    /// A JWK lacks a member, or the member is not what RFC 7517 and 7518 ask for.
    case malformedJWK(member: String)
    /// The key is of a kind or on a curve that is not supported; which one.
    case unsupported(String)
    /// An RSA modulus outside of `KeySpecification.rsaBits`.
    case unacceptableSize(bits: Int)
    /// The parts of the key do not belong together: a point off the curve, a public part of another key.
    case inconsistent(OpenSSLFailure)
    /// The algorithm needs another kind of key.
    case algorithmMismatch(SignatureAlgorithm)
    /// OpenSSL failed for a reason of its own.
    case failed(OpenSSLFailure)
}
