/// Why a text is not the one Base64 form of some bytes (RFC 4648).
public enum Base64Error: Error, Sendable, Hashable {
    /// Not of the alphabet; offset in UTF-8 bytes. White space and misplaced padding are such.
    case invalidCharacter(offset: Int)
    /// No bytes encode to a text of this length.
    case invalidLength
    /// Padding is missing.
    case missingPadding
    /// Bits that encode nothing are not zero (RFC 4648 §3.5).
    case nonCanonical
}
