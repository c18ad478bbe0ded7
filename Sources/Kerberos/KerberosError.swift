/// Why a ticket is not accepted, in words for operators.
public struct KerberosError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// The keys cannot be used: nobody's ticket could be accepted.
        case unusableKeys
        /// This ticket is not good.
        case rejected
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
