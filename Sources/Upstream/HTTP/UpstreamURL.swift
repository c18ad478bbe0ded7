import Bytes
import NIOCore

/// The parts of an `http` or `https` URL that decide whom we talk to. Stricter than RFC 3986 where leniency has no use.
public struct UpstreamURL: Sendable {
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
        let name = host.containsByte(":") ? "[\(host)]" : host
        return "\(scheme)://\(name)" + (port == Authority.defaultPort(scheme: scheme) ? "" : ":\(port)")
    }

    /// What may stand in a log: the query can hold codes and tokens.
    public var withoutQuery: String { origin + path }

    /// Whether the host is written as an address that ``UpstreamSettings/allowsLinkLocal`` is about.
    public var isLinkLocal: Bool { ForbiddenAddress.contains(host: host) }

    /// - Returns: nil for anything that is no absolute URL of HTTP, or holds a user, white space or other than ASCII.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }) else { return nil }
        guard let (scheme, rest) = text.cutOnce(at: ":"), let rest = rest.afterBytes(of: "//") else { return nil }
        self.scheme = scheme.asciiLowercased
        guard self.scheme == "http" || self.scheme == "https" else { return nil }
        let address = rest.before { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let written = address.before { $0 == UInt8(ascii: "/") }
        path = String(address[written.endIndex...])
        guard let authority = Authority(written), !Self.isDisguised(authority.host) else { return nil }
        host = authority.host.afterBytes(of: "[").flatMap { $0.beforeBytes(of: "]") }.map { String($0) } ?? authority.host
        port = authority.port ?? Authority.defaultPort(scheme: self.scheme)
    }

    /// Whether the C library would take a name for an IPv4 address that is not written as one: `0x7f.1`, `2130706433`, `010.0.0.1`
    /// (WHATWG URL §3.5, "ends in a number").
    private static func isDisguised(_ host: String) -> Bool {
        guard !host.containsByte(":"), let last = host.fields(at: ".").last else { return false }
        let isNumber = last.startsWithBytes(of: "0x") || last.utf8.allSatisfy(\.isASCIIDigit)
        return isNumber && (try? SocketAddress(ipAddress: host, port: 0)) == nil
    }
}

extension StringProtocol where SubSequence == Substring {
    /// What precedes the first such byte; all of it if there is none.
    func before(_ isEnd: (UInt8) -> Bool) -> Substring {
        self[..<(utf8.firstIndex(where: isEnd) ?? endIndex)]
    }
}
