import NIOCore

/// The parts of an `http` or `https` URL that decide whom we talk to. Stricter than RFC 3986 where leniency has no use.
public struct UpstreamURL: Sendable, Hashable {
    /// `http` or `https`.
    public let scheme: String
    /// In lower case; an IPv6 address without its brackets.
    public let host: String
    public let port: Int
    /// As written, without query and fragment.
    public let path: String

    public var isSecure: Bool { scheme == "https" }

    /// Scheme, host and port: what two addresses share that belong to one server.
    public var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(name)" + (port == Self.defaultPort(scheme) ? "" : ":\(port)")
    }

    /// What may stand in a log: the query can hold codes and tokens.
    public var withoutQuery: String { origin + path }

    /// Whether the host is written as an address that ``UpstreamSettings/allowsLinkLocal`` is about.
    public var isLinkLocal: Bool { ForbiddenAddress.contains(host: host) }

    /// - Returns: nil for anything that is no absolute URL of HTTP, or holds a user, white space or other than ASCII.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }) else { return nil }
        guard let end = text.firstRange(of: "://") else { return nil }
        scheme = text[..<end.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[end.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        path = String(rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" })
        guard !authority.contains("@"), let (host, port) = Self.split(authority) else { return nil }
        guard !Self.isDisguised(host) else { return nil }
        guard let number = port.map({ Self.number($0) }) ?? Self.defaultPort(scheme), 1...65535 ~= number else { return nil }
        self.host = host
        self.port = number
    }

    private static func split(_ authority: Substring) -> (host: String, port: Substring?)? {
        let host: Substring
        let rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        guard !host.isEmpty, rest.isEmpty || rest.hasPrefix(":") else { return nil }
        return (host.lowercased(), rest.isEmpty ? nil : rest.dropFirst())
    }

    /// Whether the C library would take a name for an IPv4 address that is not written as one: `0x7f.1`, `2130706433`, `010.0.0.1`
    /// (WHATWG URL §3.5, "ends in a number").
    private static func isDisguised(_ host: String) -> Bool {
        guard !host.contains(":"), let last = host.split(separator: ".").last else { return false }
        let isNumber = last.hasPrefix("0x") || last.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return isNumber && (try? SocketAddress(ipAddress: host, port: 0)) == nil
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
    }

    private static func defaultPort(_ scheme: String) -> Int? {
        scheme == "https" ? 443 : 80
    }
}
