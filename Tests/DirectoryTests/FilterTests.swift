import Testing

@testable import Directory

@Suite("What people type in a filter") struct FilterTests {
    @Test(
        "means itself",
        arguments: [
            ("jane", "jane"), ("", ""), ("*", "\\2A"), ("(", "\\28"), (")", "\\29"), ("\\", "\\5C"),
            ("a*b(c)d\\e", "a\\2Ab\\28c\\29d\\5Ce"),
            (")(uid=*", "\\29\\28uid=\\2A"), ("a\u{0}b", "a\\00b"), ("DOMAIN\\jane", "DOMAIN\\5Cjane"),
        ])
    func escaping(_ text: String, _ escaped: String) {
        #expect(Filter.escape(text) == escaped)
        #expect(Filter.unescape(escaped) == text)
    }

    @Test(
        "comes back whole, letters of any script and bytes too", arguments: ["müller", "名前", "a,b+c=d", "quo\"te", "\u{1F600}"])
    func roundTrip(_ text: String) {
        #expect(Filter.unescape(Filter.escape(text)) == text)
    }

    @Test("is escaped byte by byte where it is no text")
    func bytes() {
        let escaped = Filter.escape([0, 0xFF, 0x2A, 0x41])
        #expect(escaped.lowercased() == "\\00\\ff\\2aa")
    }

    @Test("stands between what the configuration says")
    func composition() {
        #expect(Filter.both("", Filter.any([Filter.equal("uid", "a")])) == "(uid=a)")
        #expect(
            Filter.both("(objectClass=person)", Filter.any([Filter.equal("uid", "*"), Filter.equal("mail", "*")]))
                == "(&(objectClass=person)(|(uid=\\2A)(mail=\\2A)))")
    }

    @Test("is left alone where it is no escape", arguments: ["\\", "\\4", "\\zz", "a\\"])
    func halfEscapes(_ text: String) {
        #expect(Filter.unescape(text) == text)
    }
}
