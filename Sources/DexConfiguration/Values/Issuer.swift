import Bytes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The URL by which the provider names itself; the value of `iss` in every token.
///
/// OpenID Connect Discovery 1.0 §3: a URL without query and fragment. Dex builds its routes by appending to it, so it
/// does not end in a slash either.
public struct Issuer: Sendable, Hashable {
    /// Exactly as written.
    public let text: String
    /// What every route begins with: empty, or like `/dex`.
    public let path: String
    /// Scheme, host and port, as a browser names the origin: `https://sso.example.com:5554`.
    public let origin: String

    /// Whether the scheme is https.
    public var isSecure: Bool { origin.startsWithBytes(of: "https:") }

    init(parsing text: String) throws(Mistake) {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }),
            let components = URLComponents(string: text, encodingInvalidCharacters: false)
        else { throw Mistake("\(quoted(text)) is not a URL", hint: Self.example) }
        guard let scheme = components.scheme?.asciiLowercased, scheme == "http" || scheme == "https" else {
            throw Mistake("the issuer must be an http or https URL", hint: Self.example)
        }
        guard let host = components.percentEncodedHost, !host.isEmpty else {
            throw Mistake("the issuer has no host", hint: Self.example)
        }
        guard components.percentEncodedQuery == nil, components.percentEncodedFragment == nil else {
            throw Mistake(
                "the issuer cannot have a query or a fragment",
                hint: "write \(Substring(text.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }))")
        }
        guard components.user == nil, components.password == nil else {
            throw Mistake("the issuer cannot hold a user or a password")
        }
        guard !text.endsWithBytes(of: "/") else {
            throw Mistake("the issuer cannot end in a slash", hint: "write \(text.withoutLastSlashes)")
        }
        let path = components.percentEncodedPath
        guard !path.containsBytes(of: "//"), !path.fields(at: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw Mistake("the path of the issuer has empty or dotted parts", hint: Self.example)
        }
        guard components.port.map({ (1...65535).contains($0) }) ?? true else { throw Mistake("the issuer has no valid port") }
        self.text = text
        self.path = path
        let defaultPort = scheme == "https" ? 443 : 80
        origin = "\(scheme)://\(host.asciiLowercased)" + (components.port.map { $0 == defaultPort ? "" : ":\($0)" } ?? "")
    }

    private static let example = "write for example https://sso.example.com/dex"
}

extension Issuer: CustomStringConvertible {
    public var description: String { text }
}

extension Schema<Issuer> {
    static var issuer: Schema { Schema<String>.text.map { text throws(Mistake) in try Issuer(parsing: text) } }
}
