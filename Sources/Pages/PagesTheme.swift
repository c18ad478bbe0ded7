public import Bytes

/// How every page looks and what it says about its owner. Made from the configuration's `frontend` keys.
public struct PagesTheme: Sendable, Hashable {
    /// Light or dark, or what the visitor's system asks for.
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        case light
        case dark
        case auto

        /// `frontend.theme` as Dex's users write it: `coreos` and `tectonic` are old names of `light`. Nil if unknown.
        public init?(configurationName name: String) {
            switch name {
            case "light", "coreos", "tectonic": self = .light
            case "dark": self = .dark
            case "auto": self = .auto
            default: return nil
            }
        }
    }

    /// `frontend.issuer`: the name at the top of every page.
    public var issuerName: String
    /// `frontend.logoURL`: an `http` or `https` URL, a path from the root, or a path below the issuer's. Nil for the built-in one.
    public var logoURL: String?
    /// `frontend.theme`.
    public var scheme: Scheme
    /// `frontend.extra`: for an operator's own templates, `{{extra.name}}`.
    public var extra: [ExactText: String]
    /// The path of the issuer's URL, without a trailing slash: `/dex`, or empty.
    public var issuerPath: String

    public init(
        issuerName: String = "dex", logoURL: String? = nil, scheme: Scheme = .light, extra: [ExactText: String] = [:],
        issuerPath: String = ""
    ) {
        self.issuerName = issuerName
        self.logoURL = logoURL
        self.scheme = scheme
        self.extra = extra
        self.issuerPath = issuerPath.utf8.last == UInt8(ascii: "/") ? String(Substring(issuerPath.utf8.dropLast())) : issuerPath
    }

    /// Where the logo is; the built-in one if `logoURL` is no address that a page may show.
    var logo: PageURL? {
        let builtIn = PageURL(issuerPath + "/static/logo.svg")
        guard let logoURL, !logoURL.isEmpty else { return builtIn }
        return PageURL(logoURL)
            ?? (logoURL.containsByte(":") || logoURL.startsWithByte("/") ? nil : PageURL("\(issuerPath)/\(logoURL)"))
            ?? builtIn
    }

    /// For `<meta name="color-scheme">`, so that the canvas has its color before the style sheet is there.
    var colorSchemes: String {
        switch scheme {
        case .light: "light"
        case .dark: "dark"
        case .auto: "light dark"
        }
    }
}
