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

extension KeyError: CustomStringConvertible {
    /// For people who have the key at hand: what is wrong, and what would be right.
    public var description: String {
        switch self {
        case .malformedPEM: "no private key in PEM (-----BEGIN PRIVATE KEY-----), or a damaged one"
        case .passphraseRequired: "the key is encrypted, and there is no passphrase"
        case .wrongPassphrase: "the passphrase does not open the key, or the key is damaged"
        case .malformedJWK(let member): member.isEmpty ? "not a JWK" : "the member \(member) of a JWK is missing or wrong"
        case .unsupported(let what): "not supported: \(what); use RSA, EC (P-256, P-384, P-521) or Ed25519"
        case .unacceptableSize(let bits):
            "an RSA key of \(bits) bits; from \(KeySpecification.rsaBits.lowerBound) to \(KeySpecification.rsaBits.upperBound) are accepted"
        case .inconsistent: "its parts do not belong together"
        case .algorithmMismatch(let algorithm): "the key is not one for \(algorithm.rawValue)"
        case .failed(let failure): "OpenSSL: \(failure)"
        }
    }
}
