import Edge
import HTTPTypes
import NIOHTTP1
import Web

/// A request that is fit to be judged: checked as ``RequestHead`` checks, with nothing in it that only a proxy may say
/// unless a trusted one said it.
struct IncomingRequest {
    let head: RequestHead
    let method: HTTPMethod
    let version: HTTPVersion
    let opensWebSocket: Bool
    /// Chunked, or of HTTP/2 without a length.
    let hasUnknownLength: Bool
    let isFromTrustedProxy: Bool
    let peer: String
    /// What goes on of the client's fields; the edge's cookies are still among them.
    let fields: [HTTPField]
    let judged: EdgeRequest
    /// The path as policies see it, by which the backend is chosen too.
    let path: EdgePath

    /// - Parameters:
    ///   - endsWithHead: what HTTP/2 says of that; nil for HTTP/1.
    ///   - isEncrypted: whether this connection is.
    init(
        _ raw: HTTPRequestHead, endsWithHead: Bool? = nil, peer: String, port: Int?, isEncrypted: Bool, proxy: EdgeProxy
    ) throws(RequestRejection) {
        var limits = proxy.settings.limits
        limits.bodyBytes = .max
        head = try RequestHead(raw, limits: limits)
        method = raw.method
        version = raw.version
        self.peer = peer
        guard head.headers.count <= limits.headerFields else { throw .headerTooLarge }
        guard method != .TRACE, method != .CONNECT else { throw .malformed("this method is not passed on") }
        guard let host = head.headers.first(where: { $0.name.canonicalName == "host" })?.value, Self.isAuthority(host) else {
            throw .malformed("Host is no host name")
        }
        path = try Self.path(head.path, proxy.settings.normalization)
        opensWebSocket = WebSocketRule.isUpgrade(raw)
        if let endsWithHead {
            hasUnknownLength = !endsWithHead && head.headers[.contentLength] == nil
        } else {
            hasUnknownLength = head.headers[.transferEncoding] != nil
        }
        let trusted = proxy.settings.trustedProxies.isTrusted(peer: peer)
        isFromTrustedProxy = trusted

        var dropped = FieldLists.listed(in: raw.headers["connection"])
        dropped.formUnion(FieldLists.hopByHop)
        dropped.formUnion(FieldLists.never)
        // What says where the message goes and ends is not for the client to drop.
        for name: FoldedName in ["host", "content-length", "cookie", "authorization", "expect"] { dropped.remove(name) }
        let fields = Array(head.headers).filter { field in
            let name = FoldedName(field.name.rawName)
            return !dropped.contains(name) && (trusted || !FieldLists.forwarding.contains(name))
        }
        self.fields = fields

        var scheme = isEncrypted ? "https" : "http"
        if trusted, let told = head.headers[Self.forwardedProto]?.lowercased(), told == "http" || told == "https" {
            scheme = told
        }
        // What it names is judged too.
        let connection = head.headers.filter { $0.name.canonicalName == "connection" }
        judged = EdgeRequest(
            method: head.method.rawValue, scheme: scheme, host: host.lowercased(), path: head.path, query: head.query,
            headers: EdgeHeaders((Self.crumbsJoined(fields) + connection).map { (name: $0.name.rawName, value: $0.value) }),
            clientAddress: proxy.settings.trustedProxies.clientAddress(peer: peer, headers: head.headers), peerAddress: peer,
            destinationPort: port)
    }

    /// A path goes on as it came. So it must be one that everybody reads alike: dot segments are the client's to resolve
    /// (RFC 3986 §5.2.4), as all browsers do, and what the policies refuse is refused here.
    private static func path(_ text: String, _ normalization: EdgePath.Normalization) throws(RequestRejection) -> EdgePath {
        guard text.hasPrefix("/") else { throw .malformed("the target is no path") }
        let hasDots = text.split(whereSeparator: { $0 == "/" || $0 == "\\" }).contains { segment in
            var dots = segment[...]
            var count = 0
            while !dots.isEmpty {
                if dots.hasPrefix(".") {
                    dots.removeFirst()
                } else if dots.hasPrefix("%2e") || dots.hasPrefix("%2E") {
                    dots.removeFirst(3)
                } else {
                    return false
                }
                count += 1
            }
            return count <= 2
        }
        guard !hasDots else { throw .malformed("the path has dot segments") }
        do throws(EdgePath.Refusal) { return try EdgePath(text, normalization) } catch {
            throw .malformed("the path can be read in two ways: \(error)")
        }
    }

    static let forwardedProto = HTTPField.Name("X-Forwarded-Proto") ?? .from

    /// HTTP/2 divides `Cookie` (RFC 9113 §8.2.3); HTTP/1.1 has one.
    static func crumbsJoined(_ fields: [HTTPField]) -> [HTTPField] {
        guard fields.count(where: { $0.name == .cookie }) > 1 else { return fields }
        var joined = fields.filter { $0.name != .cookie }
        joined.append(HTTPField(name: .cookie, value: fields.filter { $0.name == .cookie }.map(\.value).joined(separator: "; ")))
        return joined
    }

    /// `name`, `name:port`, `[::1]:port` (RFC 9110 §7.2), and nothing that somebody could read in two ways.
    static func isAuthority(_ text: String) -> Bool {
        var host = text[...]
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            let rest = host[host.index(after: end)...]
            let inside = host[..<end].dropFirst()
            guard inside.utf8.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else {
                return false
            }
            return rest.isEmpty || isPort(rest)
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[colon...]) else { return false }
            host = host[..<colon]
        }
        return !host.isEmpty
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func isPort(_ text: Substring) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.hasPrefix(":") && (1...5).contains(digits.count)
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
