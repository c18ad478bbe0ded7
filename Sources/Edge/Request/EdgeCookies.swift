import Bytes

/// Reads `Cookie` (RFC 6265bis §5.8.3). Of several cookies of one name the first is taken: browsers send the most specific
/// path first. What a sibling host can toss in is why session cookies are sealed to this host and, where possible, `__Host-`.
enum EdgeCookies {
    static func value(_ name: String, in headers: EdgeHeaders) -> String? {
        for field in headers.fields where field.name == "cookie" {
            for part in field.value.cut(at: ";") {
                guard let pair = pair(part), pair.name.hasSameBytes(as: name) else { continue }
                return String(pair.value)
            }
        }
        return nil
    }

    /// The value of a session: `name`, or `name_0`, `name_1` … put together, as long as the numbers go on.
    ///
    /// - Returns: empty, which is no session, when there are several that differ, or both forms: one of them was tossed in by
    ///   another host of the domain, and nobody can tell which.
    static func chunked(_ name: String, in headers: EdgeHeaders) -> String? {
        let pairs = all(in: headers)
        func value(_ name: String) -> (value: Substring, isDisputed: Bool)? {
            let values = pairs.filter { $0.name.hasSameBytes(as: name) }.map(\.value)
            guard let first = values.first else { return nil }
            return (first, !values.allSatisfy { $0.hasSameBytes(as: first) })
        }
        if let whole = value(name) {
            return whole.isDisputed || value(name + "_0") != nil ? "" : String(whole.value)
        }
        guard let first = value(name + "_0") else { return nil }
        var text = String(first.value)
        var isDisputed = first.isDisputed
        var number = 1
        while number < 16, let next = value("\(name)_\(number)") {
            text += next.value
            isDisputed = isDisputed || next.isDisputed
            number += 1
        }
        return isDisputed ? "" : text
    }

    static func names(in headers: EdgeHeaders) -> [String] { all(in: headers).map { String($0.name) } }

    private static func all(in headers: EdgeHeaders) -> [(name: Substring, value: Substring)] {
        headers.fields.flatMap { field in field.name == "cookie" ? field.value.cut(at: ";").compactMap(pair) : [] }
    }

    /// One cookie of a field: the name begins behind white space, and ends at the first `=`. What has no `=` is none.
    private static func pair(_ part: Substring) -> (name: Substring, value: Substring)? {
        guard let (name, value) = part.cutOnce(at: "=") else { return nil }
        let blanks = name.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return (name[blanks.endIndex...], value)
    }
}
