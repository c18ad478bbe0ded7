import Bytes
import Mustache

/// One language's table of phrases, as templates (`{{words.signIn}}`) and pages use it.
struct Words: MustacheParent, Sendable {
    let language: Language

    init(_ language: Language) { self.language = language }

    /// The phrase as it stands in the language's table, with its `{placeholders}`.
    func text(_ phrase: Phrase) -> String {
        switch language {
        case .english: phrase.english
        case .german: phrase.german
        case .french: phrase.french
        case .spanish: phrase.spanish
        case .japanese: phrase.japanese
        case .chinese: phrase.chinese
        }
    }

    /// The phrase with its placeholders filled; the values are escaped, kept apart from the sentence's direction, and cut
    /// to a length that a sentence can bear.
    func html(_ phrase: Phrase, _ values: [ExactText: String] = [:]) -> HTML {
        var result = HTML(escaping: "")
        var rest = text(phrase)[...]
        while let (before, behind) = rest.cutOnce(at: "{"), let (name, after) = behind.cutOnce(at: "}") {
            result = result + HTML(escaping: String(before))
            result = result + HTML(escaping: Self.shortened(values[name.exact] ?? "")).isolated()
            rest = after
        }
        return result + HTML(escaping: String(rest))
    }

    /// A span of time for people: seconds, minutes or hours, rounded up, so that nobody comes back too early.
    func time(seconds: Int) -> String {
        let (phrase, unit): (Phrase, Int) =
            switch seconds {
            case ...90: (.seconds, 1)
            case ...(90 * 60): (.minutes, 60)
            default: (.hours, 3600)
            }
        let count = max(1, (seconds - 1) / unit + 1)
        guard let (before, rest) = text(phrase).cutOnce(at: "{"), let (_, after) = rest.cutOnce(at: "}") else {
            return text(phrase)
        }
        return before + String(count) + after
    }

    /// Counted in Unicode scalars: one `Character` may be as tall as a page.
    private static let longestName = 120

    private static func shortened(_ name: String) -> String {
        guard let end = name.unicodeScalars.index(name.startIndex, offsetBy: longestName, limitedBy: name.endIndex),
            end < name.endIndex
        else { return name }
        return String(name.unicodeScalars[..<end]) + "…"
    }

    private static let phrases = Dictionary(uniqueKeysWithValues: Phrase.allCases.map { ($0.rawValue.exact, $0) })

    func child(named name: String) -> Any? {
        Self.phrases[name.exact].map { html($0).markup }
    }
}
