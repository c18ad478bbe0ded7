import OpenIDConnect

/// Names and values as a query or a form.
enum FormEncoding {
    static func encode(_ fields: [(name: String, value: String)]) -> String {
        fields.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
    }

    /// An address that may have a query already, with more in it.
    static func address(_ url: String, adding fields: [(name: String, value: String)]) -> String {
        fields.isEmpty ? url : url + url.querySeparator + encode(fields)
    }
}
