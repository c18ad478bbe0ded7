import Bytes

/// The `Content-Security-Policy` values that the pages are made for: no script, no inline style, nobody's frame.
///
/// `form-action` is left out: browsers apply it to the redirect after a form as well, and that leads to the client.
public enum ContentSecurityPolicy {
    /// For every page but ``formPost``.
    ///
    /// - Parameter images: addresses of images on the page from elsewhere (the logos of theme and client); paths and
    ///   addresses that a page would not show are passed over.
    public static func page(images: [String] = []) -> String {
        let origins = Set(images.compactMap { PageURL($0)?.origin }.filter(isHost).map(\.exact)).sorted().map(\.text)
        let sources = (["'self'"] + origins).joined(separator: " ")
        return "default-src 'none'; style-src 'self'; img-src \(sources); base-uri 'none'; frame-ancestors 'none'"
    }

    /// For ``Pages/formPost(_:language:)``: also the one script that submits the form.
    public static let formPost = page() + "; script-src 'sha256-\(formPostScriptHash)'"

    /// The SHA-256 of the script on the form_post page, in base64 as CSP wants it.
    public static let formPostScriptHash = "ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE="

    /// An origin goes into a header, where `;` and `,` have a meaning.
    private static func isHost(_ origin: String) -> Bool {
        origin.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
    }
}
