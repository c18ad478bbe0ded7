import Testing

@testable import Directory

@Suite("Active Directory's identifiers") struct BinaryIdentifierTests {
    @Test("are GUIDs with the first fields in reverse")
    func guid() {
        let bytes: [UInt8] = [
            0x8F, 0x04, 0x79, 0x3F, 0xCD, 0x42, 0x77, 0x4C, 0x84, 0x26, 0x83, 0x5C, 0xD9, 0xF8, 0xA3, 0xAD,
        ]
        #expect(BinaryIdentifier.guid(bytes) == "3f79048f-42cd-4c77-8426-835cd9f8a3ad")
        #expect(BinaryIdentifier.guid(Array(bytes.dropLast())) == nil)
        #expect(BinaryIdentifier.guid([]) == nil)
    }

    @Test(
        "are SIDs",
        arguments: [
            ("010100000000000512000000", "S-1-5-18"), ("01020000000000052000000020020000", "S-1-5-32-544"),
            ("010500000000000515000000dcf4dc3b833d2b46828ba62800020000", "S-1-5-21-1004336348-1177238915-682003330-512"),
            ("0100ffffffffffff", "S-1-0xffffffffffff"),
        ])
    func sid(_ hex: String, _ text: String) {
        #expect(BinaryIdentifier.sid(bytes(hex)) == text)
    }

    @Test(
        "are nothing at all when bytes are missing, too many or of another revision",
        arguments: [
            "", "01", "0101000000000005", "010100000000000512", "01010000000000051200000000", "020100000000000512000000",
            "01100000000000051200000012",
        ])
    func noSID(_ hex: String) {
        #expect(BinaryIdentifier.sid(bytes(hex)) == nil)
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
    }
}
