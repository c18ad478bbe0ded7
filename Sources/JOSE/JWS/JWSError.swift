/// Why a JWS was refused or could not be made.
public enum JWSError: Error, Sendable, Hashable {
    /// Not three parts of base64url, or the header is not the JSON object that RFC 7515 §4 describes.
    case malformed(Part)
    /// Longer than `JWS.maximumLength`.
    case tooLong(bytes: Int)
    /// `alg` is `none` or one that is not known here.
    case unsupportedAlgorithm(String)
    /// `alg` is known, but not on the caller's list, or not for the key that `kid` names.
    case algorithmNotAllowed(SignatureAlgorithm)
    /// The header lists extensions that have to be understood (RFC 7515 §4.1.11); none is.
    case criticalHeader
    /// No key has this `kid`, or, without `kid`, none suits the algorithm.
    case unknownKey(keyID: String?)
    /// The secret is shorter than the hash (RFC 7518 §3.2).
    case secretTooShort(SignatureAlgorithm)
    case invalidSignature
    /// OpenSSL could not sign.
    case signingFailed(OpenSSLFailure)

    public enum Part: Sendable, Hashable {
        /// The number of parts.
        case form
        case header
        case payload
        case signature
    }
}
