import FoundationEssentials

/// Scheme, host and port of an address (RFC 6454 §4).
struct Origin: Hashable {
    private let scheme: String
    private let host: String
    private let port: Int

    /// Nil if it is not an absolute address of a web server.
    init?(_ url: String) {
        guard let components = URLComponents(string: url, encodingInvalidCharacters: false),
            let scheme = components.scheme?.lowercased(), scheme == "https" || scheme == "http",
            let host = components.percentEncodedHost?.lowercased(), !host.isEmpty, components.user == nil
        else { return nil }
        self.scheme = scheme
        self.host = host
        port = components.port ?? (scheme == "https" ? 443 : 80)
    }
}
