import Bytes
import Testing

@testable import Pages

@Suite("Languages")
struct LanguageTests {
    @Test(
        "the header chooses the language (RFC 9110 §12.5.4, RFC 4647 §3.4)",
        arguments: [
            (nil, .english), ("", .english), ("de", .german), ("DE-ch", .german), ("de-CH-1996", .german),
            ("zh-Hant-TW", .chinese),
            ("ja;q=0.9, fr", .french), ("ja;q=0.9,fr;q=0.8", .japanese), ("fr;q=0.8, ja;q=0.9", .japanese), ("es,de", .spanish),
            ("es;q=0.5,de;q=0.5", .spanish), ("pt-BR,pt;q=0.9,es;q=0.7,en;q=0.5", .spanish), ("pt", .english), ("*", .english),
            ("*,de;q=0.5", .german), ("de;q=0", .english), ("de;q=0.000,fr;q=0.001", .french), ("de;q=1.000", .german),
            ("de;q=1.001,fr;q=0.1", .french), ("de;q=2,fr;q=0.1", .french), ("de;q=-1,fr;q=0.1", .french),
            ("de;q=0.1234,fr;q=0.1", .french),
            ("de;q=,fr;q=0.1", .french), ("de;q=abc,fr;q=0.1", .french), ("de;level=1,fr;q=0.1", .french),
            ("de ; Q = 0.5 , fr ; q=0.4", .german),
            (" \tfr\t ", .french), (",,,de,,", .german), ("de;", .english), ("deutsch", .english), ("d", .english),
            ("de-", .english), ("de_DE", .english),
            ("i-default,fr", .french), ("de-x-y", .german), ("de\u{301},fr", .french), ("\0,fr", .french),
            ("äö,fr;q=0.2", .french),
        ] as [(String?, Language)])
    func header(acceptLanguage: String?, language: Language) {
        #expect(Language.negotiate(acceptLanguage: acceptLanguage) == language)
    }

    @Test(
        "ui_locales come before the header",
        arguments: [
            (["fr-CA", "fr", "en"], .french), (["pt", "ja"], .japanese), (["pt"], .german), ([], .german), (["*"], .german),
            ([""], .german),
            (["EN-us"], .english), (["de--"], .german),
        ] as [([String], Language)])
    func locales(uiLocales: [String], language: Language) {
        #expect(Language.negotiate(acceptLanguage: "de", uiLocales: uiLocales) == language)
    }

    @Test("any header gets an answer, a long one as soon as a short one")
    func anything() {
        var random = SplitMix(state: 1)
        let pieces = ["de", "fr", "*", ",", ";", "q=", "0", ".", "5", "-", " ", "\t", "é", "\0", "zh-Hans", "1"]
        for _ in 0..<2000 {
            let text = (0..<20).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            #expect(Language.allCases.contains(.negotiate(acceptLanguage: text, uiLocales: [text])))
        }
        #expect(Language.negotiate(acceptLanguage: String(repeating: "x,", count: 1_000_000) + "de") == .english)
    }

    @Test("every language says every phrase, with the same placeholders", arguments: Language.allCases)
    func phrases(language: Language) {
        for phrase in Phrase.allCases {
            let text = Words(language).text(phrase)
            #expect(!text.isEmpty && text.first?.isWhitespace == false && text.last?.isWhitespace == false, "\(phrase)")
            #expect(placeholders(text) == placeholders(Words(.english).text(phrase)), "\(phrase)")
            #expect(!text.contains { "<>&\"".contains($0) }, "\(phrase)")
        }
    }

    @Test("a language's table is its own", arguments: Language.allCases.dropFirst())
    func translated(language: Language) {
        let same = Phrase.allCases.filter { Words(language).text($0) == Words(.english).text($0) }
        let shared: Set<Phrase> = [.seconds, .minutes, .hours, .code, .exampleClaims, .exampleClaim, .exampleTokens]
        #expect(Set(same).isSubset(of: shared))
    }

    @Test("Japanese and Chinese have no letters of the Latin alphabet but names", arguments: [Language.japanese, .chinese])
    func script(language: Language) {
        for phrase in Phrase.allCases {
            let text = Words(language).text(phrase).replacing(/\{[a-z]+\}/, with: "")
            let latin = text.matches(of: /[A-Za-z]+/).map { String($0.output) }
            #expect(Set(latin).isSubset(of: ["ID", "OpenID", "Connect", "issuer"]), "\(phrase)")
        }
    }

    @Test("a value is not taken for a placeholder, and a long one is cut")
    func values() {
        let words = Words(.english)
        #expect(words.html(.signInTo, ["client": "{client}<"]).markup == "to continue to <bdi>{client}&lt;</bdi>")
        let tall = "a" + String(repeating: "\u{301}", count: 5000)
        #expect(words.html(.signInTo, ["client": tall]).markup.unicodeScalars.count < 160)
    }

    @Test(
        "times are rounded up",
        arguments: [
            (-5, "1 s"), (0, "1 s"), (30, "30 s"), (90, "90 s"), (91, "2 min"), (240, "4 min"), (241, "5 min"), (5401, "2 h"),
            (86400, "24 h"),
        ])
    func times(seconds: Int, text: String) {
        #expect(Words(.english).time(seconds: seconds) == text)
    }

    private func placeholders(_ text: String) -> [String] { text.matches(of: /\{[^}]*\}/).map { String($0.output) }.sorted() }
}
