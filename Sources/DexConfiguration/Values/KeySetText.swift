extension Schema<String> {
    /// A set of public keys (RFC 7517 §5), as a mapping or as JSON in a text; it becomes JSON text.
    ///
    /// Only the outer shape is looked at, and that no secret is in it; whoever uses the keys parses them.
    static var keySet: Schema {
        Schema { place, loading in
            if let text = place.string { return keySet(fromText: text, at: place, loading) }
            return keySet(place, reportAt: place, loading)
        }
    }

    /// - Parameter text: JSON, which is YAML too.
    static func keySet(fromText text: String, at place: Located, _ loading: Loading) -> String? {
        guard let document = try? YAMLDocument(parsing: text), document.duplicates.isEmpty else {
            loading.problem("not a JWK set in JSON", at: place)
            return nil
        }
        return keySet(Located(value: document.root, path: place.path), reportAt: place, loading)
    }

    private static func keySet(_ set: Located, reportAt place: Located, _ loading: Loading) -> String? {
        guard let keys = set["keys"], case .sequence = keys.value.content, !keys.elements.isEmpty else {
            loading.problem("not a JWK set", hint: "it is a mapping with a list keys", at: place)
            return nil
        }
        for key in keys.elements where key["d"] != nil || key["k"] != nil {
            loading.problem("a private or secret key does not belong here", hint: "give its public part", at: place)
            return nil
        }
        return JSONText.of(set.value)
    }
}

/// Writes YAML values as JSON.
enum JSONText {
    static func of(_ value: YAMLValue) -> String {
        switch value.content {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): Int64(text).map(String.init) ?? string(text)
        case .string(let text): string(text)
        case .sequence(let values): "[" + values.map(of).joined(separator: ",") + "]"
        case .mapping(let entries): "{" + entries.map { string($0.key) + ":" + of($0.value) }.joined(separator: ",") + "}"
        }
    }

    private static func string(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
