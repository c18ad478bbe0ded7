import Bytes
import Foundation
import Testing

@testable import Pages

@Suite("Style sheet and static files")
struct StyleTests {
    let css = String(decoding: StaticFiles.files["main.css"]?.bytes ?? [], as: UTF8.self)

    /// Text on its ground: 4.5 (WCAG 2.2, 1.4.3). Borders of controls and the focus ring: 3 (1.4.11).
    static let pairs: [(foreground: String, ground: String, ratio: Double)] = [
        ("ink", "page", 4.5), ("ink", "glow", 4.5), ("ink", "card", 4.5), ("ink", "field", 4.5), ("ink", "code", 4.5),
        ("muted", "card", 4.5),
        ("muted", "page", 4.5), ("accent", "card", 4.5), ("accent-strong", "card", 4.5), ("on-accent", "accent", 4.5),
        ("on-accent", "accent-strong", 4.5), ("danger", "danger-ground", 4.5), ("line", "card", 3), ("line", "field", 3),
        ("danger", "field", 3),
        ("danger", "card", 3), ("accent", "page", 3), ("accent", "field", 3),
    ]

    @Test("colors can be told apart in both themes", arguments: [":root", ".theme-dark"], pairs)
    func contrast(theme: String, pair: (foreground: String, ground: String, ratio: Double)) throws {
        let colors = try variables(after: theme + " {")
        let foreground = try luminance(#require(colors[pair.foreground])), ground = try luminance(#require(colors[pair.ground]))
        let ratio = (max(foreground, ground) + 0.05) / (min(foreground, ground) + 0.05)
        #expect(ratio >= pair.ratio, "\(theme): --\(pair.foreground) on --\(pair.ground) is \(ratio)")
    }

    @Test("dark is the same by theme and by the system's wish, and defines what light defines")
    func dark() throws {
        let dark = try variables(after: ".theme-dark {")
        #expect(try variables(after: ".theme-auto {") == dark)
        #expect(try Set(variables(after: ":root {").keys) == Set(dark.keys))
        #expect(dark.count > 10)
    }

    @Test("the style sheet is small and loads nothing")
    func size() {
        #expect((1...12 * 1024).contains(css.utf8.count))
        #expect(!css.contains("url(") && !css.contains("@import"))
        #expect(css.count { $0 == "{" } == css.count { $0 == "}" })
    }

    @Test("every class on a page has a style, except those that scripts look for")
    func classes() throws {
        let values: [String] = MarkupTests.everyPage.flatMap { page in Markup(page.bytes).tags.compactMap { $0["class"] } }
        let used = values.flatMap { value in value.split(separator: " ").map(String.init) }
        for name in Set(used) where name != "theme-light" {
            #expect(css.contains("." + name), "\(name)")
        }
    }

    @Test("files have a type and an ETag that follows their bytes")
    func files() {
        let others = Set(StaticFiles.files.keys).filter { !$0.text.hasPrefix("icon-") }
        #expect(others == ["main.css", "favicon.svg", "logo.svg", "robots.txt"])
        for file in StaticFiles.files.values {
            #expect(!file.bytes.isEmpty)
            #expect(file.etag.wholeMatch(of: /"[0-9a-f]{16}"/) != nil)
            #expect(StaticFile(contentType: file.contentType, bytes: file.bytes) == file)
            #expect(StaticFile(contentType: file.contentType, bytes: file.bytes + [0]).etag != file.etag)
        }
        #expect(StaticFiles.files["robots.txt"]?.bytes.text == "User-agent: *\nDisallow: /\n")
    }

    static let types = [
        "ldap", "saml", "oidc", "oauth", "github", "gitlab", "gitea", "google", "microsoft", "linkedin", "bitbucket-cloud",
        "openshift", "atlassian-crowd", "keystone", "authproxy", "mockCallback", "mockPassword", "local",
    ]

    @Test("every type of connector has a picture, a small one that is nothing but a picture", arguments: types)
    func icon(type: String) throws {
        let name = try #require(ConnectorIcons.file(id: "a", type: type, among: Set(StaticFiles.files.keys)))
        let file = try #require(StaticFiles.files[name.exact])
        #expect(file.contentType == "image/svg+xml" && file.bytes.count < 1000)
        let text = file.bytes.text
        #expect(text.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">"))
        for word in ["script", "href", "style", "url(", "<!"] { #expect(!text.contains(word)) }
    }

    @Test func `An operator's picture for a connector or a type comes first`() {
        let names: Set<ExactText> = ["icon-corp.png", "icon-ldap.svg", "icon-saml.svg", "icon-saml.png"]
        #expect(ConnectorIcons.file(id: "corp", type: "ldap", among: names) == "icon-corp.png")
        #expect(ConnectorIcons.file(id: "a", type: "ldap", among: names) == "icon-ldap.svg")
        #expect(ConnectorIcons.file(id: "a", type: "saml", among: names) == "icon-saml.svg")
        #expect(ConnectorIcons.file(id: "../a", type: "other", among: names) == nil)
    }

    @Test("the policy names the images' origins and nothing that could end a directive")
    func policy() {
        #expect(
            ContentSecurityPolicy.page(images: [
                "https://cdn.example/a.png", "/logo.png", "javascript:x", "https://*", "https://a;b", "https://a,b/",
            ])
                == "default-src 'none'; style-src 'self'; img-src 'self' https://cdn.example; base-uri 'none'; frame-ancestors 'none'"
        )
    }

    @Test("the form_post script has the hash that the policy allows")
    func scriptHash() throws {
        let page = try #require(MarkupTests.everyPage.first { $0.name == "en/form-post" }).bytes.text
        let script = try #require(page.firstMatch(of: /<script>(.*)<\/script>/)).1
        #expect(try sha256(String(script)).base64EncodedString() == ContentSecurityPolicy.formPostScriptHash)
        #expect(ContentSecurityPolicy.formPost.contains("script-src 'sha256-\(ContentSecurityPolicy.formPostScriptHash)'"))
    }

    private func variables(after start: String) throws -> [String: String] {
        let block = try #require(css.split(separator: start, maxSplits: 1).last?.split(separator: "}").first)
        return Dictionary(uniqueKeysWithValues: block.matches(of: /--([a-z-]+): ([^;]+);/).map { (String($0.1), String($0.2)) })
    }

    /// WCAG's relative luminance of `#rrggbb`.
    private func luminance(_ color: String) throws -> Double {
        let value = try #require(Int(color.dropFirst(), radix: 16))
        try #require(color.count == 7)
        let parts = [16, 8, 0].map { shift -> Double in
            let part = Double(value >> shift & 0xFF) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    /// By the system's tool: this module has no cryptography, and its tests should not bring their own.
    private func sha256(_ text: String) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        #if os(Linux)
            process.arguments = ["sha256sum"]
        #else
            process.arguments = ["shasum", "-a", "256"]
        #endif
        let input = Pipe(), output = Pipe()
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        let digits = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).prefix(64)
        return Data(stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) })
    }
}
