public import Bytes

/// A file of `static/` that is served as it is.
public struct StaticFile: Sendable, Hashable {
    /// For the `Content-Type` header.
    public let contentType: String
    public let bytes: [UInt8]
    /// For the `ETag` header, quotes included. Changes whenever the bytes do.
    public let etag: String

    /// Also for an operator's own files.
    public init(contentType: String, bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
        // FNV-1a, 64 bits: it tells versions of our own files apart, nobody gains by a collision.
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        self.etag = "\"" + String(repeating: "0", count: 16 - digits.utf8.count) + digits + "\""
    }
}

/// The embedded files, by name. All but `robots.txt` are linked from the pages below `{issuer path}/static/`.
public enum StaticFiles {
    public static let files: [ExactText: StaticFile] = [
        "main.css": StaticFile(contentType: "text/css; charset=utf-8", bytes: PackageResources.main_css),
        "favicon.svg": StaticFile(contentType: "image/svg+xml", bytes: PackageResources.favicon_svg),
        "logo.svg": StaticFile(contentType: "image/svg+xml", bytes: PackageResources.logo_svg),
        "robots.txt": StaticFile(contentType: "text/plain; charset=utf-8", bytes: PackageResources.robots_txt),
    ].merging(icons) { file, _ in file }

    private static var icons: [ExactText: StaticFile] {
        Dictionary(
            uniqueKeysWithValues: ConnectorIcons.files.map { name, bytes in
                ("icon-\(name.text).svg".exact, StaticFile(contentType: "image/svg+xml", bytes: bytes))
            })
    }
}
