/// Text that somebody else made, for a terminal: what would move the cursor, change colors or turn the direction of
/// writing is shown as its number instead.
enum Printable {
    static func line(_ text: String) -> String {
        escaping(text, keeping: []) { "\\u{\(String($0.value, radix: 16))}" }
    }

    /// The same for JSON over several lines, which stays the same JSON: outside of strings it has no such characters.
    static func json(_ text: String) -> String {
        escaping(text, keeping: ["\n"]) { scalar in
            String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }.joined()
        }
    }

    private static func escaping(_ text: String, keeping kept: Set<Unicode.Scalar>, escape: (Unicode.Scalar) -> String) -> String
    {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                if kept.contains(scalar) { result.unicodeScalars.append(scalar) } else { result += escape(scalar) }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
