/// Base64url without padding (RFC 7515 §2, RFC 4648 §5). One value has one text: anything else is refused.
public enum Base64URL {
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        Base64Codec.url.encode(bytes)
    }

    public static func decode(_ text: some StringProtocol) throws(Base64Error) -> [UInt8] {
        try Base64Codec.url.decode(text.utf8)
    }

    /// The same for a text that is at hand as bytes.
    public static func decode(utf8 text: some Collection<UInt8>) throws(Base64Error) -> [UInt8] {
        try Base64Codec.url.decode(text)
    }

    /// Adds the encoded text to bytes that are being assembled.
    static func encode(_ bytes: [UInt8], to output: inout [UInt8]) {
        let length = Base64Codec.url.encodedCount(bytes.count)
        let addition = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            count = bytes.withUnsafeBufferPointer { Base64Codec.url.encode($0, into: buffer) }
        }
        output.append(contentsOf: addition)
    }
}
