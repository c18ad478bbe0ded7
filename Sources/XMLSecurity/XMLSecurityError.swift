/// Why a document cannot be read or believed. The texts are for operators and never quote the document.
public enum XMLSecurityError: Error, Sendable, Hashable {
    /// Not XML, or XML of a kind that is refused whatever it says: a document type, too long, too deep.
    case malformed(String)
    /// Two elements have the same ID.
    case duplicateID
    /// The signature is of a form or by an algorithm that is not accepted.
    case unacceptableSignature(String)
    /// The signature is not one by any of the given keys.
    case wrongSignature
    /// What is encrypted cannot be decrypted, or is encrypted in a way that is not accepted.
    case undecryptable(String)
    /// A key of ours cannot be used.
    case unusableKey
    /// A library failed for a reason of its own.
    case failed(String)
}

extension XMLSecurityError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let reason): reason
        case .duplicateID: "two elements of the document have the same ID"
        case .unacceptableSignature(let reason): "the signature is not acceptable: \(reason)"
        case .wrongSignature: "the signature is by none of the configured certificates, or the document was changed after signing"
        case .undecryptable(let reason): "what is encrypted cannot be decrypted: \(reason)"
        case .unusableKey: "a key cannot be used"
        case .failed(let reason): reason
        }
    }
}
