import Bytes
import DexConfiguration
import FoundationEssentials
import Pages

/// The pages of a configuration: the built-in ones, or those of `frontend.dir` in their place.
struct Theme {
    let pages: Pages
    /// By path below the issuer's.
    let files: [ExactText: StaticFile]
    let logoURL: String?

    /// - Parameter path: where its files are served; nil: below the issuer's.
    /// - Throws: ``StartError`` naming the file that cannot be used.
    init(_ configuration: Configuration, path: String? = nil) throws {
        let frontend = configuration.frontend
        var templates: [ExactText: String] = [:]
        var files = Dictionary(
            uniqueKeysWithValues: StaticFiles.files.map { name, file in
                (name == "robots.txt" ? "/robots.txt" : ("/static/" + name.text).exact, file)
            })
        if let directory = frontend.directory {
            try Self.checkDirectory(directory, theme: frontend.theme)
            templates = try Self.templates(in: directory + "/templates")
            for (path, folder) in [("/static/", "/static"), ("/theme/", "/themes/" + frontend.theme)] {
                for (name, file) in try Self.files(in: directory + folder) { files[(path + name).exact] = file }
            }
        }
        // Dex's default logo is a file of a theme; without one the built-in logo is shown.
        let logoURL = frontend.logoURL == "theme/logo.png" && files["/theme/logo.png"] == nil ? nil : frontend.logoURL
        let theme = PagesTheme(
            issuerName: frontend.issuer, logoURL: logoURL, scheme: PagesTheme.Scheme(configurationName: frontend.theme) ?? .light,
            extra: frontend.extra,
            issuerPath: path ?? configuration.issuer.path)
        do throws(PagesError) { pages = try Pages(theme: theme, overrides: templates) } catch {
            throw StartError("frontend.dir: \(error.description)")
        }
        self.files = files
        self.logoURL = logoURL
    }

    /// A mistyped name must not show the built-in pages in silence.
    private static func checkDirectory(_ directory: String, theme: String) throws(StartError) {
        guard isDirectory(directory) else { throw StartError("frontend.dir: \(directory) is no directory") }
        guard PagesTheme.Scheme(configurationName: theme) != nil || isDirectory(directory + "/themes/" + theme) else {
            throw StartError("frontend.theme: there is no directory \(directory)/themes/\(theme)")
        }
    }

    /// `login.mustache` replaces the built-in page `login`. Dex's own templates are of another language and are refused.
    private static func templates(in directory: String) throws -> [ExactText: String] {
        var found: [ExactText: String] = [:]
        for (name, path) in try list(directory) {
            if let stem = name.beforeBytes(of: ".html") {
                throw StartError(
                    "\(path): Dex's templates are written for Go; write \(stem).mustache instead (see docs/configuration.md)"
                )
            }
            guard let stem = name.beforeBytes(of: ".mustache") else { continue }
            found[stem.exact] = String(decoding: try read(path), as: UTF8.self)
        }
        return found
    }

    private static func files(in directory: String) throws -> [(String, StaticFile)] {
        try list(directory).map { name, path in
            (name, StaticFile(contentType: contentType(of: name), bytes: Array(try read(path))))
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }

    /// The plain files of a directory; none if it does not exist.
    private static func list(_ directory: String) throws -> [(name: String, path: String)] {
        guard isDirectory(directory) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted { $0.exact < $1.exact }.compactMap { name in
            let path = directory + "/" + name
            var isFolder = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder else { return nil }
            return (name, path)
        }
    }

    private static func read(_ path: String) throws -> Data {
        do { return try Data(contentsOf: URL(filePath: path)) } catch { throw StartError("\(path) cannot be read") }
    }

    private static func contentType(of name: String) -> String {
        switch (name.cutLast(at: ".")?.after).map({ String($0) }) {
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
