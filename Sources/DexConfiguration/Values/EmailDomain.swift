import Bytes

extension Schema<String> {
    /// The part of an e-mail address behind the `@`, in lower case.
    static var emailDomain: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let labels = text.cut(at: ".")
            let isName = labels.allSatisfy { label in
                !label.isEmpty && label.unicodeScalars.allSatisfy(isPlain)
            }
            guard isName else { throw Mistake("\(quoted(text)) is not a domain", hint: "write for example example.com") }
            return text.asciiLowercased
        }
    }

    /// Letters of any script, as names are written for people; compared they are byte by byte.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .nonspacingMark,
            .spacingMark:
            true
        default: scalar == "-"
        }
    }
}
