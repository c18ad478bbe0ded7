import Bytes
import Foundation
import Testing

@testable import Pages

/// For looking at the pages: `PAGES_PREVIEW=/some/folder swift test --filter PreviewTests` writes all of them there, with
/// the files that they link, as `{theme}/{language}/{page}.html`.
@Suite("Preview", .enabled(if: ProcessInfo.processInfo.environment["PAGES_PREVIEW"] != nil))
struct PreviewTests {
    @Test("every page is written to the folder")
    func write() throws {
        let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["PAGES_PREVIEW"] ?? "")
        for scheme in PagesTheme.Scheme.allCases {
            let pages = try Pages(theme: PagesTheme(issuerName: "Example Corp", scheme: scheme, issuerPath: "/dex"))
            for language in Language.allCases {
                try write(Samples.pages(pages, language), to: folder.appending(path: "\(scheme.rawValue)/\(language.tag)"))
            }
            let odd = "شركة \u{202E}الأمثلة‏ 👩‍👩‍👧‍👦 " + String(repeating: "Donaudampfschifffahrtsgesellschaft", count: 8)
            try write(Samples.filled(with: odd, scheme: scheme), to: folder.appending(path: "\(scheme.rawValue)/odd"))
        }
        for (name, file) in StaticFiles.files {
            let place = folder.appending(path: "static/\(name.text)")
            try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.bytes).write(to: place)
        }
    }

    private func write(_ pages: [(name: String, bytes: [UInt8])], to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for page in pages {
            // Opened from files, absolute paths would lead to the root.
            let text = String(decoding: page.bytes, as: UTF8.self).replacing("/dex/static/", with: "../../static/")
            try Data(text.utf8).write(to: folder.appending(path: page.name + ".html"))
        }
    }
}
