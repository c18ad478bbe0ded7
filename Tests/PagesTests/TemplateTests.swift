import Bytes
import Testing

@testable import Pages

@Suite("An operator's templates")
struct TemplateTests {
    @Test("one takes the place of the embedded one and sees the same values, escaped in double and triple braces")
    func override() throws {
        let pages = try Pages(
            theme: PagesTheme(issuerName: "A&B", extra: ["tos": "<x>"]),
            overrides: [
                "error": "{{title}}|{{{message}}}|{{&message}}|{{extra.tos}}|{{words.signIn}}|{{>footer}}",
                "footer": "{{issuer}}",
            ])
        let page = pages.error(ErrorPage(status: 400, title: "Bad Request", message: "<b>\"\u{301}"), language: .german)
        #expect(page.text == "Bad Request|&lt;b&gt;&quot;\u{301}|&lt;b&gt;&quot;\u{301}|&lt;x&gt;|Anmelden|A&amp;B")
    }

    @Test(
        "a broken one is refused with its name and line",
        arguments: [
            ("a\n{{#b}}\nc", 3, "no closing tag"), ("a\n\n{{#b}}{{/c}}", 3, "closing tag"),
            ("{{ template \"header.html\" . }}", 1, "Dex's Go templates"),
            ("a\n{{b c}}", 2, "name between"), ("\n\n{{>nothing}}", 3, "no template `nothing`"),
            ("a\n{{> login }}", 2, "login → login"),
            ("{{!\n{{>nothing}}\n{{\n{{>nothing}}", 4, "no template"), ("{{=<% %>=}}", 1, "delimiters"),
            ("\n{{>*name}}", 2, "chosen by a value"),
            ("\n{{% CONTENT_TYPE:TEXT}}", 2, "pragmas"),
            (String(repeating: "{{#a}}", count: 65), 1, "nested"), (String(repeating: "x", count: 262_145), 1, "larger"),
            ("{{<layout}}{{#a}}{{/a}}{{/layout}}", 1, "only {{$block}}"),
        ])
    func broken(text: String, line: Int, problem: String) throws {
        let error = #expect(throws: PagesError.self) { try Pages(theme: PagesTheme(), overrides: ["login": text]) }
        guard case .brokenTemplate("login", line, let found) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found.contains(problem), "\(found)")
        #expect(error?.description.hasPrefix("template login.mustache, line \(line): ") == true)
    }

    @Test("templates that hold each other are refused")
    func loop() {
        #expect(throws: PagesError.self) {
            try Pages(theme: PagesTheme(), overrides: ["layout": "{{>a}}", "a": "{{>b}}", "b": "{{>a}}"])
        }
        #expect(throws: PagesError.self) { try Pages(theme: PagesTheme(), overrides: ["layout": "{{>login}}"]) }
    }

    @Test("a name that no page uses is refused, with the names there are")
    func unknown() {
        let error = #expect(throws: PagesError.self) { try Pages(theme: PagesTheme(), overrides: ["logni": "x"]) }
        #expect(error?.description.contains("connectors") == true)
    }

    @Test("no damage to a template can crash the program", arguments: TemplateName.allCases)
    func damaged(name: TemplateName) {
        var random = SplitMix(state: 3)
        let bytes = Array(name.embeddedText.utf8)
        let tags = Array("{}#/^$<>&!=%*. \n".utf8)
        for _ in 0..<40 {
            var damaged = bytes
            for _ in 0..<(1 + random.next() % 4) {
                let place = Int(random.next() % UInt64(damaged.count))
                switch random.next() % 3 {
                case 0: damaged.remove(at: place)
                case 1: damaged.insert(tags[Int(random.next() % UInt64(tags.count))], at: place)
                default: damaged.removeSubrange(place...)
                }
                if damaged.isEmpty { break }
            }
            do {
                let pages = try Pages(theme: PagesTheme(), overrides: [name.rawValue.exact: damaged.text])
                _ = Samples.pages(pages)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }
}
