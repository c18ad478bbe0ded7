/// A language that the pages speak. English, for everyone who asks for none of these, is the first.
public enum Language: String, Sendable, Hashable, CaseIterable {
    case english = "en"
    case german = "de"
    case french = "fr"
    case spanish = "es"
    case japanese = "ja"
    case chinese = "zh"

    /// Its RFC 5646 tag, for `ui_locales_supported` and the `Content-Language` header.
    public var tag: String { rawValue }

    /// The tag for the `lang` attribute. It says which Chinese script, so that browsers choose the right glyphs.
    var htmlTag: String { self == .chinese ? "zh-Hans" : rawValue }
}
