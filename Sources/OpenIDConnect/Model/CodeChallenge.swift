import JOSE

/// What a client commits to before it gets a code (RFC 7636).
public struct CodeChallenge: Sendable, Hashable {
    public enum Method: String, Sendable, Hashable, CaseIterable {
        case s256 = "S256"
        case plain
    }

    @Exact public private(set) var value: String
    public let method: Method

    /// - Returns: nil unless `value` is 43…128 characters of RFC 7636 §4.2.
    public init?(_ value: String, method: Method) {
        guard Self.isWellFormed(value) else { return nil }
        self.value = value
        self.method = method
    }

    /// Whether `verifier` is the one committed to; compared in constant time (RFC 7636 §4.6).
    public func accepts(verifier: String) -> Bool {
        guard Self.isWellFormed(verifier) else { return false }
        let derived =
            switch method {
            case .s256: Base64URL.encode(HashAlgorithm.sha256.hash(Array(verifier.utf8)))
            case .plain: verifier
            }
        return constantTimeEquals(Array(derived.utf8), Array(value.utf8))
    }

    /// `unreserved` characters, 43 to 128 of them: the rule for verifiers and challenges alike.
    private static func isWellFormed(_ text: String) -> Bool {
        (43...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }
}
