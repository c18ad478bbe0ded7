/// Why a sealed text was not opened.
public enum SealError: Error, Sendable, Hashable {
    /// Not the base64url of a sealed value, or of a version not known here.
    case malformed
    /// Sealed with a key that is not at hand. It may have come since: load the keys again, try once more.
    case unknownKey(UInt32)
    /// Changed, forged, or sealed for another purpose.
    case rejected
    /// A key is not 32 bytes long.
    case invalidKey
}
