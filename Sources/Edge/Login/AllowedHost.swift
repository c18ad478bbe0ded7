import Bytes

/// A host that browsers may be sent to after a login or sign-out, as oauth2-proxy writes them: `a.com` is that host,
/// `.a.com` and `*.a.com` are it and all below it. With a port, that port; with `:*`, any; without, the scheme's own.
public struct AllowedHost: Sendable, Hashable {
    enum Port: Sendable, Hashable {
        case standard
        case number(Int)
        case any
    }

    /// In lower case.
    public let name: String
    public let takesSubdomains: Bool
    let port: Port

    /// - Returns: nil for what is none of these.
    public init?(_ text: String) {
        let below = text.afterBytes(of: "*.") ?? text.afterBytes(of: ".")
        takesSubdomains = below != nil
        let text = below ?? text[...]
        let withAnyPort = text.beforeBytes(of: ":*")
        guard let authority = Authority(withAnyPort ?? text), withAnyPort == nil || authority.port == nil else { return nil }
        name = authority.host
        port = withAnyPort == nil ? authority.port.map { .number($0) } ?? .standard : .any
        guard !takesSubdomains || !name.startsWithByte("[") else { return nil }
    }

    func allows(_ origin: WebOrigin) -> Bool {
        guard origin.host.hasSameBytes(as: name) || (takesSubdomains && origin.host.endsWithBytes(of: "." + name)) else {
            return false
        }
        return switch port {
        case .standard: origin.port == nil || origin.port == origin.standardPort
        case .number(let number): (origin.port ?? origin.standardPort) == number
        case .any: true
        }
    }

    /// The host with its port as browsers write them; nil where it stands for many.
    public var exact: String? {
        guard !takesSubdomains else { return nil }
        return switch port {
        case .standard: name
        case .number(let number): "\(name):\(number)"
        case .any: nil
        }
    }
}

/// Scheme, host and port of a web address, taken apart strictly: what browsers could read otherwise is none.
public struct WebOrigin: Sendable, Hashable {
    private let isSecure: Bool
    private let authority: Authority

    var scheme: String { isSecure ? "https" : "http" }
    /// In lower case; an IPv6 address in its brackets.
    var host: String { authority.host }
    var port: Int? { authority.port }

    var standardPort: Int { Authority.defaultPort(scheme: scheme) }

    var authorityWithoutUsualPort: Authority { authority.withoutDefaultPort(scheme: scheme) }

    /// As browsers write it.
    public var text: String { scheme + "://" + authorityWithoutUsualPort.text }

    /// - Parameter url: only what is before the path is looked at.
    public init?(of url: String) {
        // Schemes in capital letters are valid, and nobody writes them.
        let secure = url.afterBytes(of: "https://")
        guard let rest = secure ?? url.afterBytes(of: "http://"), let authority = Authority(rest[..<Self.end(in: rest)]) else {
            return nil
        }
        isSecure = secure != nil
        self.authority = authority
    }

    /// What follows the origin in a URL of it: path, query and fragment.
    static func rest(of url: String, behind origin: WebOrigin) -> Substring {
        let rest = url.afterBytes(of: origin.scheme + "://") ?? url[...]
        return rest[end(in: rest)...]
    }

    /// Where the authority ends.
    private static func end(in rest: Substring) -> Substring.Index {
        rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? rest.endIndex
    }
}
