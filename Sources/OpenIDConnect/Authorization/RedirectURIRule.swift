import Bytes

/// Whether a redirect URI belongs to a client. Compared byte by byte (RFC 9700 §2.1, RFC 3986 §6.2.1), with two exceptions for
/// applications on a person's own machine.
struct RedirectURIRule: Sendable {
    static let outOfBand = "urn:ietf:wg:oauth:2.0:oob"

    let client: Client

    func accepts(_ uri: String) -> Bool {
        if uri.containsByte("#") || uri.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { return false }
        if client.redirectURIs.containsExactly(uri) { return true }
        guard client.isPublic, !uri.isEmpty else { return false }
        // A public client without redirect URIs is Dex's way to say: an application on the person's machine.
        if client.redirectURIs.isEmpty { return uri.hasSameBytes(as: Self.outOfBand) || Loopback(uri) != nil }
        // RFC 8252 §7.3: the port of a loopback IP is chosen when the application starts.
        guard let presented = Loopback(uri), presented.isIPAddress else { return false }
        return client.redirectURIs.contains {
            Loopback($0).map {
                $0.isIPAddress && $0.host.hasSameBytes(as: presented.host) && $0.rest.hasSameBytes(as: presented.rest)
            } ?? false
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
        guard let afterScheme = uri.afterBytes(of: "http://") else { return nil }
        let end = afterScheme.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? afterScheme.endIndex
        let authority = afterScheme[..<end]
        rest = String(afterScheme[end...])
        guard let host = ["localhost", "127.0.0.1", "[::1]"].first(where: { authority.startsWithBytes(of: $0) }),
            let afterHost = authority.afterBytes(of: host)
        else { return nil }
        self.host = host
        if afterHost.isEmpty {
            port = nil
        } else {
            guard let digits = afterHost.afterBytes(of: ":"), !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit),
                UInt16(digits) != nil
            else { return nil }
            port = String(digits)
        }
    }

    var isIPAddress: Bool { host != "localhost" }
}
