import JOSE
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "RFC 4648 §10, and the two characters in which the alphabets differ",
        arguments: [
            ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"),
            ("foob", "Zm9vYg==", "Zm9vYg"), ("fooba", "Zm9vYmE=", "Zm9vYmE"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
            ("~~~", "fn5+", "fn5-"), ("???", "Pz8/", "Pz8_"),
        ])
    func vectors(_ text: String, _ padded: String, _ url: String) throws {
        let bytes = Array(text.utf8)
        #expect(Base64.encode(bytes) == padded)
        #expect(Base64URL.encode(bytes) == url)
        #expect(try Base64.decode(padded) == bytes)
        #expect(try Base64URL.decode(url) == bytes)
        #expect(try Base64URL.decode(utf8: Array(url.utf8)) == bytes)
    }

    @Test("any bytes come back, from arrays, slices and lazy collections")
    func roundTrip() throws {
        for count in 0..<200 {
            let bytes = SystemRandom().bytes(count)
            #expect(try Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(try Base64.decode(Base64.encode(bytes[...])) == bytes)
            #expect(Base64URL.encode(bytes.lazy.map { $0 }) == Base64URL.encode(bytes))
            #expect(try Base64URL.decode(Substring(Base64URL.encode(bytes))) == bytes)
        }
    }

    @Test(
        "base64url is refused unless it is the one text of its bytes",
        arguments: [
            ("A", Base64Error.invalidLength), ("AAAAA", .invalidLength), ("AB", .nonCanonical), ("AAB", .nonCanonical),
            ("AA==", .invalidCharacter(offset: 2)), ("AAA=", .invalidCharacter(offset: 3)),
            ("AA+A", .invalidCharacter(offset: 2)), ("A/AA", .invalidCharacter(offset: 1)),
            (" AAA", .invalidCharacter(offset: 0)), ("AAA\n", .invalidCharacter(offset: 3)),
            ("AA\0A", .invalidCharacter(offset: 2)), ("éA", .invalidCharacter(offset: 0)),
        ])
    func strictURL(_ text: String, _ expected: Base64Error) {
        #expect(throws: expected) { try Base64URL.decode(text) }
    }

    @Test(
        "Base64 is refused unless it is the one text of its bytes",
        arguments: [
            ("Zg", Base64Error.missingPadding), ("Zg=", .missingPadding), ("Zm8", .missingPadding),
            ("Zh==", .nonCanonical), ("Zm9=", .nonCanonical), ("====", .invalidCharacter(offset: 0)),
            ("A===", .invalidCharacter(offset: 1)), ("=AAA", .invalidCharacter(offset: 0)),
            ("Zg==Zg==", .invalidCharacter(offset: 2)), ("fn5-", .invalidCharacter(offset: 3)),
            ("Zm9v\n", .missingPadding), ("Zm9v===\n", .invalidCharacter(offset: 4)),
        ])
    func strict(_ text: String, _ expected: Base64Error) {
        #expect(throws: expected) { try Base64.decode(text) }
    }

    @Test("of all one-character changes to a text none decodes to the same bytes")
    func unique() throws {
        let bytes: [UInt8] = [0xFB, 0xF0, 0x01, 0x80]
        let text = Array(Base64URL.encode(bytes).utf8)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max where byte != text[index] {
                var changed = text
                changed[index] = byte
                #expect((try? Base64URL.decode(utf8: changed)) != bytes)
            }
        }
    }
}
