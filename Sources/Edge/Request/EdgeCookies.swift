/// Reads `Cookie` (RFC 6265bis §5.8.3). Of several cookies of one name the first is taken: browsers send the most specific
/// path first. What a sibling host can toss in is why session cookies are sealed to this host and, where possible, `__Host-`.
enum EdgeCookies {
    static func value(_ name: String, in headers: EdgeHeaders) -> String? {
        for field in headers.fields where field.name == "cookie" {
            for pair in field.value.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].elementsEqual(name.utf8) else {
                    continue
                }
                return String(Substring(pair[pair.index(after: equals)...]))
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
        func value(_ name: String) -> (value: String, isDisputed: Bool)? {
            let values = pairs.filter { $0.name == name }.map(\.value)
            guard let first = values.first else { return nil }
            return (first, values.contains { $0 != first })
        }
        if let whole = value(name) {
            return whole.isDisputed || value(name + "_0") != nil ? "" : whole.value
        }
        guard let first = value(name + "_0") else { return nil }
        var text = first.value
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

    private static func all(in headers: EdgeHeaders) -> [(name: Substring, value: String)] {
        var pairs: [(name: Substring, value: String)] = []
        for field in headers.fields where field.name == "cookie" {
            for pair in field.value.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
                pairs.append((Substring(pair[..<equals]), String(Substring(pair[pair.index(after: equals)...]))))
            }
        }
        return pairs
    }
}
