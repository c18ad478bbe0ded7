import Bytes

/// What an unquoted word means in YAML 1.1, as the YAML library of Dex reads it.
///
/// The rules are written out here, because those of Yams need regular expressions, and those a megabyte of tables.
enum PlainScalar {
    static func content(of text: String) -> YAMLValue.Content {
        if let word = words[text.exact] { return word }
        return isNumber(text) ? .number(text) : .string(text)
    }

    private static let words: [ExactText: YAMLValue.Content] = {
        var words: [ExactText: YAMLValue.Content] = [:]
        for word in ["", "~", "null", "Null", "NULL"] { words[word.exact] = .null }
        for word in ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"] { words[word.exact] = .bool(true) }
        for word in ["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"] { words[word.exact] = .bool(false) }
        for word in [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN"] {
            words[word.exact] = .number(word)
        }
        return words
    }()

    private static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8.filter { $0 != UInt8(ascii: "_") }[...]
        guard let first = text.utf8.first, first != UInt8(ascii: "_") else { return false }
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        return isPrefixedInteger(rest) || isDecimal(rest)
    }

    /// `0x1F`, `0o17`, `0b101`.
    private static func isPrefixedInteger(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count > 2, bytes.first == UInt8(ascii: "0") else { return false }
        let digits = bytes.dropFirst(2)
        switch bytes[bytes.startIndex + 1] {
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            return digits.allSatisfy { $0.isASCIIHexDigit }
        case UInt8(ascii: "o"), UInt8(ascii: "O"):
            return digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        case UInt8(ascii: "b"), UInt8(ascii: "B"):
            return digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "1")).contains($0) }
        default:
            return false
        }
    }

    /// `12`, `1.`, `.5`, `1.5e-3`. Times such as `1:30` stay text.
    private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        func takeDigits() -> Int {
            let digits = rest.prefix(while: isDigit)
            rest = rest.dropFirst(digits.count)
            return digits.count
        }
        var digits = takeDigits()
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            digits += takeDigits()
        }
        guard digits > 0 else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard takeDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
