/// Why there is no bcrypt hash.
public enum BcryptError: Error, Sendable, Hashable {
    /// Not `$2a$`, `$2b$` or `$2y$`, two digits of cost, `$`, and 53 characters of bcrypt's alphabet.
    case malformedHash
    /// Outside of `Bcrypt.costs`.
    case unacceptableCost(Int)
    /// bcrypt would ignore what comes after 72 bytes.
    case tooLong(bytes: Int)
    /// bcrypt would ignore the NUL byte and what comes after it.
    case containsNUL
    /// The salt is not 16 bytes.
    case invalidSalt
    /// libcrypt gave no hash: it was built without bcrypt, or is out of memory.
    case unavailable
}

extension BcryptError: CustomStringConvertible {
    /// For operators.
    public var description: String {
        switch self {
        case .malformedHash: "it is not a bcrypt hash"
        case .unacceptableCost(let cost):
            "its cost is \(cost), and only \(Bcrypt.costs.lowerBound) to \(Bcrypt.costs.upperBound) are accepted"
        case .tooLong(let bytes): "the password has \(bytes) bytes, of which bcrypt would read \(Bcrypt.maximumPasswordBytes)"
        case .containsNUL: "the password has a NUL byte"
        case .invalidSalt: "the salt has not \(Bcrypt.saltByteCount) bytes"
        case .unavailable: "libcrypt gave no hash"
        }
    }
}
