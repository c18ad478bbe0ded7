import Bytes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Checks what a client registers as redirect URI: absolute and without fragment (RFC 6749 §3.1.2), or one of the
/// special values of Dex: the out-of-band page, and a path on the issuer's own host as Kubeflow registers it.
enum RedirectURI {
    static func check(_ text: String) throws(Mistake) -> String {
        if isSpecial(text) { return text }
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }),
            let components = URLComponents(string: text, encodingInvalidCharacters: false)
        else { throw Mistake("\(quoted(text)) is not a URI") }
        guard let scheme = components.scheme?.asciiLowercased else {
            throw Mistake("\(quoted(text)) is not absolute", hint: "write for example https://app.example.com/callback")
        }
        guard components.percentEncodedFragment == nil else { throw Mistake("a redirect URI cannot have a fragment") }
        guard !scriptSchemes.contains(scheme.exact) else { throw Mistake("a redirect URI cannot be of the scheme \(scheme)") }
        if scheme == "http" || scheme == "https" {
            guard components.percentEncodedHost.map({ !$0.isEmpty }) ?? false else {
                throw Mistake("\(quoted(text)) has no host")
            }
            guard components.port.map({ (0...65535).contains($0) }) ?? true else {
                throw Mistake("\(quoted(text)) has no valid port")
            }
        }
        return text
    }

    static func checkAfterLogout(_ text: String) throws(Mistake) -> String {
        guard try check(text).containsBytes(of: "://") else {
            throw Mistake("\(quoted(text)) is no address for a browser", hint: "write for example https://app.example.com/")
        }
        return text
    }

    private static func isSpecial(_ text: String) -> Bool {
        text == "urn:ietf:wg:oauth:2.0:oob" || isPath(text)
    }

    /// One slash in front, so that no browser takes the rest for another host, and nothing that it would rewrite.
    private static func isPath(_ text: String) -> Bool {
        text.startsWithBytes(of: "/") && !text.startsWithBytes(of: "//")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") }
            && !text.fields(at: "/").contains { $0 == "." || $0 == ".." }
    }

    /// A browser would run these in a page of ours.
    private static let scriptSchemes: Set<ExactText> = ["javascript", "data", "vbscript"]
}

extension Schema<String> {
    /// Where a browser goes after a logout: a redirect URI, but with nothing that has a meaning for codes only.
    static var postLogoutRedirectURI: Schema {
        redirectURI.map(RedirectURI.checkAfterLogout)
    }

    static var redirectURI: Schema {
        Schema { place, loading in
            guard let uri = text.map(RedirectURI.check).read(place, loading) else { return nil }
            if uri.containsByte("*") {
                loading.warning("a redirect URI is compared as it is: * stands for itself only", at: place)
            }
            return uri
        }
    }
}
