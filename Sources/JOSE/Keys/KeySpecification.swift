/// What kind of key pair.
public enum KeySpecification: Sendable, Hashable {
    /// Modulus length in bits, within `rsaBits`.
    case rsa(bits: Int)
    case ec(Curve)
    case ed25519

    /// RFC 7518 §3.3 asks for 2048 bits or more. The upper bound keeps foreign keys from costing us seconds.
    public static let rsaBits = 2048...8192

    /// The algorithms that a key of this kind can serve, the usual one first.
    public var algorithms: [SignatureAlgorithm] {
        switch self {
        case .rsa: [.RS256, .RS384, .RS512, .PS256, .PS384, .PS512]
        case .ec(let curve): [curve.algorithm]
        case .ed25519: [.EdDSA]
        }
    }
}

extension SignatureAlgorithm {
    /// The kind of key to generate for the algorithm; `nil` for HMAC. RSA keys get 2048 bits.
    public var defaultKeySpecification: KeySpecification? {
        switch self {
        case .RS256, .RS384, .RS512, .PS256, .PS384, .PS512: .rsa(bits: 2048)
        case .ES256: .ec(.p256)
        case .ES384: .ec(.p384)
        case .ES512: .ec(.p521)
        case .EdDSA: .ed25519
        case .HS256, .HS384, .HS512: nil
        }
    }
}
