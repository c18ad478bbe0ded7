import Testing

@testable import Directory

@Suite("Distinguished names") struct DistinguishedNameTests {
    @Test(
        "are the same however they are written",
        arguments: [
            ("uid=jane,ou=people,dc=example,dc=org", "UID=Jane, OU=People, DC=Example, DC=Org"),
            ("cn=a\\,b,dc=org", "cn=a\\2cb,dc=org"), ("cn=m\\c3\\bcller,dc=org", "cn=müller,dc=org"), ("", ""),
        ])
    func equality(_ one: String, _ other: String) throws {
        #expect(DistinguishedName(one) == DistinguishedName(other))
    }

    @Test("differ where somebody else is meant")
    func difference() {
        #expect(DistinguishedName("uid=jane,dc=org") != DistinguishedName("uid=jane,dc=com"))
        #expect(DistinguishedName("uid=jane,dc=org") != DistinguishedName("uid=jane+cn=jane,dc=org"))
    }

    @Test(
        "differ where they only look the same",
        arguments: [
            ("uid=kim,dc=org", "uid=\u{212A}im,dc=org"), ("uid=caf\u{E9},dc=org", "uid=cafe\u{301},dc=org"),
            ("uid=a\u{C4},dc=org", "uid=a\u{E4},dc=org"), ("uid=a\u{3A9},dc=org", "uid=a\u{2126},dc=org"),
        ])
    func lookAlikes(_ one: String, _ other: String) {
        #expect(Set([one, other].compactMap { DistinguishedName($0) }).count == 2)
    }

    @Test("are refused when they are none", arguments: ["jane", "=", "uid=jane,", "uid=jane,nothing", "uid=a\u{0}b,dc=org"])
    func malformed(_ text: String) {
        #expect(DistinguishedName(text) == nil)
    }

    @Test(
        "take any text as a value, and it stays one value",
        arguments: ["a,b", "a+b", "a=b", "\"", "\\", "<>;#", " a ", "名前", "a,dc=evil", "x\u{0}y"])
    func values(_ text: String) throws {
        let name = try #require(DistinguishedName("cn", text, under: "dc=example,dc=org"))
        #expect(name.description.hasSuffix(",dc=example,dc=org"))
        // Unescaped commas separate parts.
        var parts = 1
        var isEscaped = false
        for character in name.description {
            if character == ",", !isEscaped { parts += 1 }
            isEscaped = character == "\\" && !isEscaped
        }
        #expect(parts == 3)
    }
}
