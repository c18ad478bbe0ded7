import Bytes

extension String {
    /// The texts between the bytes of a delimiter; all of it where the delimiter is empty.
    func cut(atBytesOf delimiter: String) -> [Substring] {
        let mark = Array(delimiter.utf8)
        guard let first = mark.first else { return [self[...]] }
        var parts: [Substring] = []
        var start = startIndex
        var rest = utf8[...]
        while let index = rest.firstIndex(of: first) {
            guard rest[index...].starts(with: mark) else {
                rest = rest[index...].dropFirst()
                continue
            }
            parts.append(self[start..<index])
            start = utf8.index(index, offsetBy: mark.count)
            rest = utf8[start...]
        }
        return parts + [self[start...]]
    }

    /// The text with other bytes in the place of each that is the same, from the left; as it is where that one is empty.
    func replacing(bytesOf text: String, with other: String) -> String {
        cut(atBytesOf: text).joined(separator: other)
    }

    /// Base64 as people wrap it: without ASCII's white space (RFC 2045 §6.8).
    var withoutWhitespace: String {
        String(decoding: utf8.filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }, as: UTF8.self)
    }

    /// `?` or `&`: what comes before more parameters of an address.
    var querySeparator: String { containsByte("?") ? "&" : "?" }
}
