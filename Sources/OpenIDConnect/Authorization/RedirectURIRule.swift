/// Whether a redirect URI belongs to a client. Compared as strings (RFC 9700 §2.1), with two exceptions for applications on
/// a person's own machine.
struct RedirectURIRule: Sendable {
    static let outOfBand = "urn:ietf:wg:oauth:2.0:oob"

    let client: Client

    func accepts(_ uri: String) -> Bool {
        if uri.contains("#") || uri.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { return false }
        if client.redirectURIs.contains(uri) { return true }
        guard client.isPublic, !uri.isEmpty else { return false }
        // A public client without redirect URIs is Dex's way to say: an application on the person's machine.
        if client.redirectURIs.isEmpty { return uri == Self.outOfBand || Loopback(uri) != nil }
        // RFC 8252 §7.3: the port of a loopback IP is chosen when the application starts.
        guard let presented = Loopback(uri), presented.isIPAddress else { return false }
        return client.redirectURIs.contains {
            Loopback($0).map { $0.isIPAddress && $0.host == presented.host && $0.rest == presented.rest } ?? false
        }
    }
}

/// An `http` URI of the person's own machine, taken apart without interpretation: what is not exactly of this form is none.
private struct Loopback {
    let host: String
    let port: String?
    /// Path and query, as written.
    let rest: String

    init?(_ uri: String) {
        guard uri.hasPrefix("http://") else { return nil }
        let afterScheme = uri.dropFirst("http://".count)
        let authority = afterScheme.prefix { $0 != "/" && $0 != "?" }
        rest = String(afterScheme.dropFirst(authority.count))
        guard let host = ["localhost", "127.0.0.1", "[::1]"].first(where: { authority.hasPrefix($0) }) else { return nil }
        self.host = host
        let afterHost = authority.dropFirst(host.count)
        if afterHost.isEmpty {
            port = nil
        } else {
            let digits = afterHost.dropFirst()
            guard afterHost.first == ":", !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                UInt16(digits) != nil
            else { return nil }
            port = String(digits)
        }
    }

    var isIPAddress: Bool { host != "localhost" }
}
