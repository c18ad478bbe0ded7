import Bytes

/// An elliptic curve of ECDSA keys (RFC 7518 §6.2.1.1).
public enum Curve: String, Sendable, Hashable, CaseIterable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"

    /// Bytes of a coordinate, of a private key, and of each half of a signature.
    public var byteCount: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// The one algorithm of JWS for this curve.
    public var algorithm: SignatureAlgorithm {
        switch self {
        case .p256: .ES256
        case .p384: .ES384
        case .p521: .ES512
        }
    }

    /// OpenSSL's name of the group.
    var groupName: String {
        switch self {
        case .p256: "prime256v1"
        case .p384: "secp384r1"
        case .p521: "secp521r1"
        }
    }

    init?(groupName: String) {
        guard
            let curve = Curve.allCases.first(where: {
                $0.groupName.hasSameBytes(as: groupName) || $0.rawValue.hasSameBytes(as: groupName)
            })
        else { return nil }
        self = curve
    }
}
