import JOSE

/// Claim `sub` as Dex makes it: base64url of the protobuf message `{1: user id, 2: connector id}`.
public enum Subject {
    public static func make(userID: String, connectorID: String) -> String {
        Base64URL.encode(field(1, userID) + field(2, connectorID))
    }

    /// A length-delimited protobuf field; proto3 leaves empty ones out.
    private static func field(_ number: UInt8, _ text: String) -> [UInt8] {
        if text.isEmpty { return [] }
        return [number << 3 | 2] + varint(text.utf8.count) + Array(text.utf8)
    }

    private static func varint(_ value: Int) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
