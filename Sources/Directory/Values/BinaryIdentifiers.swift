/// Identifiers that Active Directory keeps in bytes, as people and other programs write them.
public enum BinaryIdentifier {
    /// An `objectGUID` (MS-DTYP §2.3.4): the first three fields have their bytes in reverse.
    /// - Returns: nil unless there are 16 bytes.
    public static func guid(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 16 else { return nil }
        let fields: [[UInt8]] = [
            bytes[0..<4].reversed(), bytes[4..<6].reversed(), bytes[6..<8].reversed(), Array(bytes[8..<10]),
            Array(bytes[10..<16]),
        ]
        return fields.map(hex).joined(separator: "-")
    }

    /// An `objectSid` (MS-DTYP §2.4.2): `S-1-5-21-…`.
    /// - Returns: nil for what is not one.
    public static func sid(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 8, bytes[0] == 1, bytes[1] <= 15, bytes.count == 8 + 4 * Int(bytes[1]) else { return nil }
        let authority = bytes[2..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let parts = stride(from: 8, to: bytes.count, by: 4).map { start in
            bytes[start..<(start + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        // From 2^32 on the authority is written in hexadecimal.
        let text = authority < 1 << 32 ? String(authority) : "0x" + hex(Array(bytes[2..<8]))
        return (["S-1", text] + parts.map { String($0) }).joined(separator: "-")
    }

    /// Two digits for each byte.
    public static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
