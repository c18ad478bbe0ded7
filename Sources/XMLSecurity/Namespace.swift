/// Names of the standards.
enum Namespace {
    static let signature = "http://www.w3.org/2000/09/xmldsig#"
    static let encryption = "http://www.w3.org/2001/04/xmlenc#"
    static let xml = "http://www.w3.org/XML/1998/namespace"
}
