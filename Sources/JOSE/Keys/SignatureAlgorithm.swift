/// A JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1). There is no case for `none`.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case RS256
    case RS384
    case RS512
    case PS256
    case PS384
    case PS512
    case ES256
    case ES384
    case ES512
    case EdDSA
    case HS256
    case HS384
    case HS512

    /// The hash that `at_hash`, `c_hash` and `s_hash` use (OpenID Connect Core §3.1.3.6).
    /// For EdDSA, which names none, that is the one inside Ed25519: SHA-512.
    public var hash: HashAlgorithm {
        switch self {
        case .RS256, .PS256, .ES256, .HS256: .sha256
        case .RS384, .PS384, .ES384, .HS384: .sha384
        case .RS512, .PS512, .ES512, .HS512, .EdDSA: .sha512
        }
    }

    /// Whether signer and verifier share one secret, as opposed to a key pair.
    public var isSymmetric: Bool {
        switch self {
        case .HS256, .HS384, .HS512: true
        default: false
        }
    }

    /// All algorithms with a key pair.
    public static let asymmetric = Set(allCases.filter { !$0.isSymmetric })
}
