import Bytes
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
    /// What goes on of the client's fields; the edge's cookies, and tokens that are for the edge alone, are still among them.
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
        guard let host = head.headers.first(where: { $0.name.canonicalName == "host" }).flatMap({ Authority($0.value) }) else {
            throw .malformed("Host is no host name")
        }
        if let named = Self.authority(of: raw.uri) {
            guard Authority(named) == host else { throw .malformed("the target names another host than Host") }
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

        guard FieldLists.isList(raw.headers["connection"]) else { throw .malformed("Connection lists what is no name") }
        var dropped = FieldLists.listed(in: raw.headers["connection"])
        dropped.formUnion(FieldLists.hopByHop)
        // What says where the message goes and ends is not for the client to drop.
        for name: FoldedName in ["host", "content-length", "cookie", "authorization", "expect"] { dropped.remove(name) }
        let fields = Array(head.headers).filter { field in
            let (raw, name) = (field.name.rawName, FoldedName(field.name.rawName))
            if dropped.contains(name) { return false }
            if FieldLists.never.contains(raw, name) { return FieldLists.tokens.contains(raw, name) }
            return trusted || !FieldLists.forwarding.contains(raw, name)
        }
        self.fields = fields

        var scheme = isEncrypted ? "https" : "http"
        if trusted, let told = head.headers[Self.forwardedProto], told == "http" || told == "https" {
            scheme = told
        }
        // What it names is judged too.
        let connection = head.headers.filter { $0.name.canonicalName == "connection" }
        judged = EdgeRequest(
            method: head.method.rawValue, scheme: scheme, host: host.text, path: head.path, query: head.query,
            headers: EdgeHeaders((Self.crumbsJoined(fields) + connection).map { (name: $0.name.rawName, value: $0.value) }),
            clientAddress: proxy.settings.trustedProxies.clientAddress(peer: peer, headers: head.headers), peerAddress: peer,
            destinationPort: port)
    }

    /// The backend gets the path that was judged. So it must be one that everybody reads alike: dot segments are the client's to
    /// resolve (RFC 3986 §5.2.4), as all browsers do, what begins with `//` is a host for some (§4.2), and what the policies
    /// refuse is refused here.
    private static func path(_ text: String, _ normalization: EdgePath.Normalization) throws(RequestRejection) -> EdgePath {
        guard text.startsWithByte("/") else { throw .malformed("the target is no path") }
        if let reason = SentPath.refusal(of: text) { throw .malformed(reason) }
        let path: EdgePath
        do throws(EdgePath.Refusal) { path = try EdgePath(text, normalization) } catch {
            throw .malformed("the path can be read in two ways: \(error)")
        }
        guard !path.text.startsWithBytes(of: "//") else {
            throw .malformed("the path begins with //, which may be taken for a host")
        }
        return path
    }

    /// The authority of an absolute target (RFC 9112 §3.2.2); nil for a path.
    private static func authority(of target: String) -> Substring? {
        guard !target.startsWithByte("/"), let scheme = target.utf8.firstIndex(of: UInt8(ascii: ":")),
            let rest = target[target.utf8.index(after: scheme)...].afterBytes(of: "//")
        else { return nil }
        return rest[..<(rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex)]
    }

    static let forwardedProto = HTTPField.Name("X-Forwarded-Proto") ?? .from

    /// HTTP/2 divides `Cookie` (RFC 9113 §8.2.3); HTTP/1.1 has one.
    static func crumbsJoined(_ fields: [HTTPField]) -> [HTTPField] {
        guard fields.count(where: { $0.name == .cookie }) > 1 else { return fields }
        var joined = fields.filter { $0.name != .cookie }
        joined.append(HTTPField(name: .cookie, value: fields.filter { $0.name == .cookie }.map(\.value).joined(separator: "; ")))
        return joined
    }
}
