/// Standard Base64 with padding (RFC 4648 §4). One value has one text: anything else is refused.
public enum Base64 {
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        Base64Codec.standard.encode(bytes)
    }

    public static func decode(_ text: some StringProtocol) throws(Base64Error) -> [UInt8] {
        try Base64Codec.standard.decode(text.utf8)
    }
}
