import Bytes

/// An address that is safe to follow from a page: a path on this server, or an absolute `http` or `https` URL.
///
/// Everything else is refused: `javascript:`, `data:` and the like, `//host` and `/\host` (which browsers take for
/// another server), and anything with blanks, backslashes or control characters (which browsers drop or turn before they read it).
struct PageURL: Sendable, Hashable {
    let text: String

    /// Nil unless `text` is a path on this server or an `http` or `https` URL.
    init?(_ text: String) {
        guard Self.isClean(text), Self.isLocalPath(text) || Self.isWeb(text) else { return nil }
        self.text = text
    }

    /// Nil unless `text` is a path on this server, for links whose address comes from a request.
    init?(local text: String) {
        guard Self.isClean(text), Self.isLocalPath(text) else { return nil }
        self.text = text
    }

    /// `scheme://host:port` of an absolute URL; nil for a path.
    var origin: String? {
        guard !Self.isLocalPath(text) else { return nil }
        // The initializers let nothing through but `http://` and `https://`.
        guard let (scheme, rest) = text.cutOnce(at: ":") else { return nil }
        let authority = Substring(
            rest.utf8.dropFirst(2).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        let host = authority.cutLast(at: "@")?.after ?? authority
        return "\(scheme.asciiLowercased)://\(host.asciiLowercased)"
    }

    private static func isClean(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
    }

    private static func isLocalPath(_ text: String) -> Bool {
        text.utf8.starts(with: "/".utf8) && !text.utf8.starts(with: "//".utf8)
    }

    private static func isWeb(_ text: String) -> Bool {
        for scheme in ["https://", "http://"] where text.utf8.count > scheme.utf8.count {
            let start = Substring(text.utf8.prefix(scheme.utf8.count))
            let next = text.utf8.dropFirst(scheme.utf8.count).first
            if start.hasSameBytesFoldingASCII(as: scheme), next != UInt8(ascii: "/"), next != UInt8(ascii: "?"),
                next != UInt8(ascii: "#")
            {
                return true
            }
        }
        return false
    }
}
