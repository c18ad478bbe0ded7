import Testing

@testable import Web

@Suite("Form fields")
struct FormFieldsTests {
    @Test(
        "are decoded",
        arguments: [
            ("", []),
            ("a=1", [("a", "1")]),
            ("a=1&b=2", [("a", "1"), ("b", "2")]),
            ("a=&b", [("a", ""), ("b", "")]),
            ("&&a=1&", [("a", "1")]),
            ("a=b=c", [("a", "b=c")]),
            ("a+b=c+d", [("a b", "c d")]),
            ("scope=openid%20email%2Bx", [("scope", "openid email+x")]),
            ("name=%E4%B8%AD", [("name", "中")]),
            ("=x", [("", "x")]),
            ("a%3Db=1", [("a=b", "1")]),
        ] as [(String, [(String, String)])])
    func decoded(text: String, expected: [(String, String)]) throws {
        let fields = try FormFields(parsing: text).fields
        #expect(fields.map(\.name) == expected.map(\.0))
        #expect(fields.map(\.value) == expected.map(\.1))
    }

    @Test(
        "are refused when two readers could read them differently",
        arguments: [
            ("a=%", FormError.invalidPercentEncoding(field: 1)),
            ("a=%4", .invalidPercentEncoding(field: 1)),
            ("a=%zz", .invalidPercentEncoding(field: 1)),
            ("a=1&%G0=2", .invalidPercentEncoding(field: 2)),
            ("a=%FF", .invalidUTF8(field: 1)),
            ("a=%C0%80", .invalidUTF8(field: 1)),
            ("a=%ED%A0%80", .invalidUTF8(field: 1)),
            ("a=x%00y", .containsNUL(field: 1)),
            ("a=1&b=2&c=3&d=4", .tooManyFields(limit: 3)),
            ("a=" + String(repeating: "x", count: 99), .tooLong(limit: 100)),
        ])
    func refused(text: String, error: FormError) {
        #expect(throws: error) { try FormFields(parsing: text, limit: FormLimits(fields: 3, bytes: 100)) }
    }

    @Test("give the first value and say which names are repeated")
    func repeated() throws {
        let fields = try FormFields(parsing: "a=1&b=2&a=3&c=4&b=5&a=6")
        #expect(fields["a"] == "1")
        #expect(fields["x"] == nil)
        #expect(fields.all("a") == ["1", "3", "6"])
        #expect(fields.repeated == ["a", "b"])
    }

    @Test("of random bytes are read or refused, and what is read survives a round trip")
    func random() {
        var generator = SeededGenerator(seed: 1)
        let alphabet = Array("ab=&%+01Ff\u{0}é ".utf8)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0
            }
            guard let fields = try? FormFields(parsing: bytes) else { continue }
            let written = fields.fields.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
            let again = try? FormFields(parsing: written)
            #expect(again?.fields.map(\.name) == fields.fields.map(\.name))
            #expect(again?.fields.map(\.value) == fields.fields.map(\.value))
        }
    }

    private func encoded(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
