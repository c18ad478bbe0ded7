/// Why a trusted issuer cannot be used.
public enum TrustedIssuerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is to be this provider itself, and there is none.
    case noProvider(issuer: String)
    /// Its JWK set is none, or has no key that verifies signatures.
    case invalidKeys(issuer: String)

    public var description: String {
        switch self {
        case .noProvider(let issuer): "\(issuer) is to be this provider, which does not run here"
        case .invalidKeys(let issuer):
            "the keys of \(issuer) are no JWK set (RFC 7517 §5) with a public key for signatures"
        }
    }
}
