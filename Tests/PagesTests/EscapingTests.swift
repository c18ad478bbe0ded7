import Testing

@testable import Pages

@Suite("Escaping")
struct EscapingTests {
    @Test(
        "text becomes markup that shows it",
        arguments: [
            ("plain ü 漢字 👩‍🚀", "plain ü 漢字 👩‍🚀"),
            ("<b>&\"'`", "&lt;b&gt;&amp;&quot;&#39;&#96;"),
            // Characters for Swift, but a browser sees the quote and the angle.
            ("\"\u{301}", "&quot;\u{301}"), ("<\u{338}", "&lt;\u{338}"), ("'\u{200D}", "&#39;\u{200D}"),
            ("a\0b", "a\u{FFFD}b"), ("\r\n", "&#13;\n"), ("", ""),
        ])
    func escape(text: String, markup: String) {
        #expect(Array(HTML(escaping: text).markup.utf8) == Array(markup.utf8))
    }

    static let corpus = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' autofocus onfocus='alert(1)",
        "\"\u{301} onfocus=alert(1) x=\"",
        "<\u{301}script>alert(1)</script>", "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
        "\u{1}javascript:alert(1)",
        "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "//evil.example/x",
        "/\\evil.example",
        "\\\\evil.example", "/\t/evil.example", "https:/\\evil.example", "https:///x", "http://",
        "</title><script>alert(1)</script>",
        "</textarea></pre><svg/onload=alert(1)>", "</script><script>alert(1)</script>", "<!--", "-->", "]]>", "{{issuer}}",
        "{{{issuer}}}",
        "{{#words}}", "{{>login}}", "{client}", "{user}{client}", "&lt;b&gt;", "&#x3c;b&#x3e;", "`onclick=alert(1)", "\0",
        "\r\n\r\n<b>", "\u{2028}",
        "\u{202E}<b>\u{202C}", "\u{FEFF}<b>", "https://a.example/\"><script>alert(1)</script>",
        "https://a.example/'onmouseover='alert(1)",
        "/dex/\"><script>alert(1)</script>", "/dex/?a=1&b=\u{301}\"\u{301}", "https://user@a.example/", "x; script-src *",
        "%22%3E%3Cscript%3E",
        "<a href=x>", "=\"", "\"\"\"", "<<<<", ">>>>", "&&&&", "ＳＣＲＩＰＴ＜", "𝕏<𝕐", "\u{D7FF}<\u{10FFFF}>",
    ]

    @Test("no text in any field changes what a page is made of", arguments: corpus)
    func fields(text: String) throws {
        // A page with harmless text of the same kind: one that may be linked, or may not.
        let harmless =
            PageURL(local: text) != nil ? "/harmless" : PageURL(text) != nil ? "https://a.example/harmless" : ":harmless"
        for (page, plain) in zip(try Samples.filled(with: text), try Samples.filled(with: harmless)) {
            let markup = Markup(page.bytes)
            #expect(markup.problems.isEmpty, "\(page.name)")
            #expect(markup.tags == Markup(plain.bytes).tags, "\(page.name)")
            for tag in markup.tags {
                for address in [tag["href"], tag["src"], tag["action"]].compactMap({ $0 }) where !address.isEmpty {
                    #expect(PageURL(address) != nil, "\(page.name): \(address)")
                }
            }
        }
    }

    @Test("random bytes in every field change nothing either")
    func randomText() throws {
        var random = SplitMix(state: 7)
        let pieces = [
            "<", ">", "\"", "'", "&", "\u{301}", "\u{200D}", "{{", "}}", "/", "script", " ", "=", "\n", "x", "\0", "🇩🇪",
            "\u{202E}",
        ]
        let plain = try Samples.filled(with: ":harmless").map { Markup($0.bytes).tags }
        for _ in 0..<60 {
            let text = ":" + (0..<24).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            for (page, plain) in zip(try Samples.filled(with: text), plain) {
                let markup = Markup(page.bytes)
                #expect(markup.problems.isEmpty && markup.tags == plain, "\(page.name): \(text)")
            }
        }
    }

    @Test(
        "an address is linked if it is a path or http",
        arguments: [
            ("/", true), ("/a?b=c#d", true), ("https://a.example", true), ("HTTP://a.example/x", true),
            ("http://[::1]:8080/", true),
            ("//a.example", false), ("/\\a.example", false), ("\\a", false), ("", false), ("a", false),
            ("javascript:alert(1)", false),
            ("https:a.example", false), ("https://", false), ("https:///a", false), ("https://?a", false), ("/a b", false),
            ("/a\n", false),
            ("/\t/a.example", false), ("data:image/png;base64,AA", false), ("ftp://a.example", false),
            ("com.example.app:/cb", false),
        ])
    func addresses(text: String, isLinked: Bool) {
        #expect((PageURL(text) != nil) == isLinked)
    }

    @Test(
        "an origin is the host that a browser would ask",
        arguments: [
            ("https://A.example/x", "https://a.example"), ("http://a.example:8080?x", "http://a.example:8080"),
            ("https://good.example@evil.example/", "https://evil.example"), ("https://a.example/\u{301}", "https://a.example"),
            ("/x://y", nil),
        ])
    func origins(text: String, origin: String?) throws {
        #expect(try #require(PageURL(text)).origin == origin)
    }
}

/// A generator with a seed, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
