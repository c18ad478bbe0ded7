import Bytes

/// Expands `$NAME` and `${NAME}` as Go's `os.Expand` does, which Dex uses: there is no escape.
///
/// - `$` before anything that is not a name stays a dollar sign; `${}` and an unclosed `${` vanish.
/// - One of `* # $ @ ! ? -` or a digit after `$` is a name of one character, so `$$` is an (unset) variable too.
enum EnvironmentExpansion {
    /// - Parameter lookup: the value of a variable; called once for each reference, from left to right.
    static func expand(_ text: String, lookup: (String) -> String) -> String {
        guard text.utf8.contains(dollar) else { return text }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == dollar, let reference = reference(atStartOf: rest) else {
                result.append(byte)
                continue
            }
            rest = rest.dropFirst(reference.length)
            if !reference.name.isEmpty { result += lookup(String(decoding: reference.name, as: UTF8.self)).utf8 }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The name that follows a dollar sign, empty if the syntax is wrong, and how many bytes it takes; nil if none does.
    private static func reference(atStartOf bytes: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, length: Int)? {
        guard let first = bytes.first else { return nil }
        if first == UInt8(ascii: "{") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "}")) else { return (bytes.prefix(0), 1) }
            let name = bytes[(bytes.startIndex + 1)..<end]
            return (name, name.count + 2)
        }
        if special.contains(first) { return (bytes.prefix(1), 1) }
        let name = bytes.prefix(while: isNameByte)
        return name.isEmpty ? nil : (name, name.count)
    }

    private static let dollar = UInt8(ascii: "$")
    private static let special = Array("*#$@!?-0123456789".utf8)

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_")
            || byte.isASCIILetterOrDigit
    }
}

extension Located {
    /// This value with the environment put into every text in it, as the operator's switch DEX_EXPAND_ENV allows.
    func expanded(_ loading: Loading) -> Located {
        guard EnvironmentSwitches(loading.environment).expandsVariables else { return self }
        let value = value.mapStrings { text, position in
            EnvironmentExpansion.expand(text) { name in
                if let value = loading.environment[name.exact] { return value }
                loading.warning(
                    "the environment variable \(quoted(name)) is not set, so nothing stands in its place", at: position,
                    path: path)
                return ""
            }
        }
        return Located(value: value, path: path)
    }
}

extension Schema {
    /// The schema of a `config` mapping in which `$NAME` and `${NAME}` stand for environment variables.
    func expandingEnvironment() -> Schema {
        Schema { place, loading in read(place.expanded(loading), loading) }
    }
}
