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

    /// `name`, or `name_0`, `name_1` … put together, as long as the numbers go on.
    static func chunked(_ name: String, in headers: EdgeHeaders) -> String? {
        if let whole = value(name, in: headers) { return whole }
        guard var text = value(name + "_0", in: headers) else { return nil }
        var number = 1
        while number < 16, let next = value("\(name)_\(number)", in: headers) {
            text += next
            number += 1
        }
        return text
    }
}
