import HTTPTypes

/// Reads the `Cookie` field (RFC 6265bis §5.8.3).
enum Cookies {
    /// The first cookie of that name; a pair of double quotes around the value is not part of it.
    static func value(of name: String, in headers: HTTPFields) -> String? {
        // HTTP/2 clients may send one field per cookie (RFC 9113 §8.2.3).
        for line in headers[values: .cookie] {
            for pair in line.utf8.split(separator: UInt8(ascii: ";")) {
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
                guard trimmed(pair[..<equals]).elementsEqual(name.utf8) else { continue }
                var value = trimmed(pair[equals...].dropFirst())
                if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
                    value = value.dropFirst().dropLast()
                }
                return String(Substring(value))
            }
        }
        return nil
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        var bytes = bytes
        while let first = bytes.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { bytes.removeFirst() }
        while let last = bytes.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { bytes.removeLast() }
        return bytes
    }
}
