import Bytes
import JOSE

/// Claim `sub` as Dex makes it: base64url of the protobuf message `{1: user id, 2: connector id}`.
public enum Subject {
    public static func make(userID: String, connectorID: String) -> String {
        Base64URL.encode(field(1, userID) + field(2, connectorID))
    }

    /// The parts of a `sub` that ``make(userID:connectorID:)`` made; nil for any other text.
    static func parse(_ subject: String) -> (userID: String, connectorID: String)? {
        guard let bytes = try? Base64URL.decode(subject) else { return nil }
        var rest = bytes[...]
        var texts: [UInt8: String] = [:]
        while let tag = rest.popFirst() {
            var (length, shift) = (0, 0)
            while let byte = rest.popFirst() {
                guard shift <= 21 else { return nil }
                length |= Int(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            guard length <= rest.count, let text = String(validating: rest.prefix(length), as: UTF8.self) else { return nil }
            texts[tag] = text
            rest = rest.dropFirst(length)
        }
        let (userID, connectorID) = (texts[1 << 3 | 2] ?? "", texts[2 << 3 | 2] ?? "")
        // There is one way to write it.
        guard make(userID: userID, connectorID: connectorID).hasSameBytes(as: subject) else { return nil }
        return (userID, connectorID)
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
