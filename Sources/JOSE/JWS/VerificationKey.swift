import Bytes

/// What may verify a signature: by which algorithms, and under which `kid`.
public struct VerificationKey: Sendable {
    /// `nil`: serves any `kid` that no other key has.
    public let keyID: String?
    /// What the key may be used with. An algorithm of another key type never comes to pass.
    public let algorithms: Set<SignatureAlgorithm>
    public let material: Material

    public init(keyID: String?, algorithms: Set<SignatureAlgorithm>, material: Material) {
        self.keyID = keyID
        self.algorithms = algorithms
        self.material = material
    }

    /// A public key is no byte string here: it cannot be mistaken for the secret of an HMAC.
    public enum Material: Sendable {
        case `public`(PublicKey)
        case symmetric([UInt8])
    }

    /// Whether the key has this `kid`. It is compared byte by byte (RFC 7515 §4.1.4, §10.13).
    func isNamed(_ keyID: String) -> Bool {
        self.keyID?.hasSameBytes(as: keyID) ?? false
    }

    /// Whether the key may be and can be used with the algorithm.
    func serves(_ algorithm: SignatureAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        return switch material {
        case .public(let key): key.specification.algorithms.contains(algorithm)
        case .symmetric: algorithm.isSymmetric
        }
    }
}

extension VerificationKey.Material: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never the secret.
    public var description: String {
        switch self {
        case .public(let key): "public key \(key.thumbprint)"
        case .symmetric: "***"
        }
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
