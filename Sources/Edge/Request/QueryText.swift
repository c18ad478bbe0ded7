import Bytes
import OpenIDConnect

/// Reads one parameter out of a query as it was sent.
enum QueryText {
    /// - Returns: nil when it is not there, empty when it is there twice or not well encoded.
    static func value(of name: String, in query: String) -> String? {
        var found: String?
        for pair in query.fields(at: "&") {
            let parts = pair.cutOnce(at: "=")
            guard let key = try? PercentEncoding.decode(parts?.before ?? pair), key.hasSameBytes(as: name) else { continue }
            guard found == nil, let parts, let value = try? PercentEncoding.decode(parts.after) else { return "" }
            found = value
        }
        return found
    }
}
