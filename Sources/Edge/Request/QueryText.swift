import OpenIDConnect

/// Reads one parameter out of a query as it was sent.
enum QueryText {
    /// - Returns: nil when it is not there, empty when it is there twice or not well encoded.
    static func value(of name: String, in query: String) -> String? {
        var found: String?
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = try? PercentEncoding.decode(parts[0]), key.utf8.elementsEqual(name.utf8) else { continue }
            guard found == nil, parts.count == 2, let value = try? PercentEncoding.decode(parts[1]) else { return "" }
            found = value
        }
        return found
    }
}
