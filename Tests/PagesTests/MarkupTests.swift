import Bytes
import Testing

@testable import Pages

@Suite("Every page")
struct MarkupTests {
    static let everyPage: [(name: String, bytes: [UInt8])] = {
        guard let pages = try? Pages(theme: PagesTheme(issuerName: "Example Corp", issuerPath: "/dex")) else { return [] }
        return Language.allCases.flatMap { language in
            Samples.pages(pages, language).map { ("\(language.tag)/\($0.name)", $0.bytes) }
        }
    }()

    @Test("is well formed, in every language", arguments: everyPage.map(\.name))
    func wellFormed(name: String) throws {
        let markup = try markup(name)
        #expect(markup.problems.isEmpty)
        #expect(markup.text.firstMatch(of: /\{\{|\{[a-z]+\}/) == nil, "a tag of the template or a placeholder is left")
        #expect(Set(markup.tags.compactMap { $0["id"] }).count == markup.tags.compactMap { $0["id"] }.count, "ids are unique")
    }

    @Test("has one h1, an h2 after it, and skips no level", arguments: everyPage.map(\.name))
    func headings(name: String) throws {
        let levels = try markup(name).tags.filter { !$0.isEnd }.compactMap { tag in
            tag.name.utf8.count == 2 && tag.name.utf8.first == UInt8(ascii: "h") ? Int(tag.name.dropFirst()) : nil
        }
        #expect(levels.prefix(2) == [1, 2])
        #expect(levels.count { $0 == 1 } == 1)
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
    }

    @Test("names its language and each of its fields", arguments: everyPage.map(\.name))
    func labels(name: String) throws {
        let markup = try markup(name)
        let tag = name.split(separator: "/")[0]
        #expect(markup.all("html").first?["lang"]?.hasPrefix(tag) == true)
        let labels = Set(markup.all("label").compactMap { $0["for"] })
        for input in markup.all("input") where !["hidden", "checkbox"].contains(input["type"]) {
            #expect(labels.contains(try #require(input["id"])))
        }
        let ids = Set(markup.tags.compactMap { $0["id"] })
        for reference in markup.tags.flatMap({ [$0["aria-describedby"], $0["aria-labelledby"], $0["for"]] }).compactMap({ $0 }) {
            #expect(ids.contains(reference))
        }
        #expect(markup.all("img").allSatisfy { $0["alt"] != nil })
    }

    @Test("needs nothing that its Content-Security-Policy forbids", arguments: everyPage.map(\.name))
    func policy(name: String) throws {
        let markup = try markup(name)
        #expect(markup.all("style").isEmpty)
        #expect(markup.all("script").count == (name.hasSuffix("form-post") ? 1 : 0))
        for tag in markup.tags {
            #expect(tag["style"] == nil)
            #expect(!tag.attributes.contains { $0.name.hasPrefix("on") })
        }
    }

    @Test("links only files that exist", arguments: everyPage.map(\.name))
    func links(name: String) throws {
        let prefix = "/dex/static/"
        let addresses = try markup(name).tags.compactMap { $0["src"] ?? ($0.name == "link" ? $0["href"] : nil) }
        #expect(addresses.contains(prefix + "main.css"))
        for address in addresses {
            #expect(address.hasPrefix(prefix))
            #expect(StaticFiles.files[address.dropFirst(prefix.count).exact] != nil)
        }
    }

    private func markup(_ name: String) throws -> Markup {
        Markup(try #require(Self.everyPage.first { $0.name == name }).bytes)
    }
}
