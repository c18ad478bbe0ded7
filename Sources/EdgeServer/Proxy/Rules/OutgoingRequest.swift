import Bytes
import Edge
import HTTPTypes
import NIOHTTP1
import Web

/// What a backend is sent: the client's request without what was for the edge, with what the edge says.
struct OutgoingRequest {
    let head: HTTPRequestHead
    let opensWebSocket: Bool
    /// Whether the head says that a body follows. Bytes behind one that does not would be another request to the backend.
    let announcesBody: Bool
    /// What the edge sets or removes; the client's trailers say nothing under these names.
    private let replaced: Set<FoldedName>

    /// - Throws: when the path cannot lose the prefix that it should, or what is left of it may be taken for a host.
    init(
        _ request: IncomingRequest, _ route: ProxyRoute, _ answer: EdgeAnswer, cookies: EdgeCookieNames
    ) throws(RequestRejection) {
        guard let target = route.target(path: request.path.text, query: request.head.query) else {
            throw .malformed("the path can be read in two ways")
        }
        opensWebSocket = request.opensWebSocket
        announcesBody = request.hasUnknownLength || request.head.headers[.contentLength].map { $0 != "0" } ?? false
        var replaced = Set(answer.removedHeaders.map { FoldedName($0) })
        for field in answer.upstreamHeaders { replaced.insert(FoldedName(field.name)) }
        self.replaced = replaced

        var headers = HTTPHeaders()
        headers.add(name: "Host", value: route.keepsHost ? request.judged.host : route.upstream.authority)
        for field in IncomingRequest.crumbsJoined(request.fields) {
            let name = FoldedName(field.name.rawName)
            if field.name.canonicalName == "host" || replaced.contains(name) { continue }
            if Self.written.contains(name) || FieldLists.tokens.contains(field.name.rawName, name) { continue }
            if field.name == .cookie {
                guard let left = cookies.removed(from: field.value) else { continue }
                headers.add(name: field.name.rawName, value: left)
            } else {
                headers.add(name: field.name.rawName, value: field.value)
            }
        }
        Self.addForwarding(to: &headers, request, replaced)
        for field in answer.upstreamHeaders { headers.add(name: field.name, value: Self.oneLine(field.value)) }
        if request.hasUnknownLength { headers.add(name: "Transfer-Encoding", value: "chunked") }
        // gRPC asks for trailers in this way; every other transfer coding is between two neighbors.
        if request.head.headers[values: Self.te].contains(where: Self.wantsTrailers) {
            headers.add(name: "TE", value: "trailers")
        }
        if opensWebSocket {
            headers.add(name: "Connection", value: "Upgrade")
            headers.add(name: "Upgrade", value: "websocket")
        }
        head = HTTPRequestHead(
            version: .http1_1, method: request.method,
            uri: target, headers: headers)
    }

    /// Written anew in ``addForwarding``.
    private static let written: Set<FoldedName> = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]
    private static let te = HTTPField.Name("TE") ?? .accept
    private static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .from
    private static let forwardedHost = HTTPField.Name("X-Forwarded-Host") ?? .from

    /// A trusted proxy's words are continued; anybody else's are replaced.
    private static func addForwarding(to headers: inout HTTPHeaders, _ request: IncomingRequest, _ replaced: Set<FoldedName>) {
        let before = request.isFromTrustedProxy ? request.head.headers[forwardedFor] : nil
        let host = request.isFromTrustedProxy ? request.head.headers[forwardedHost].flatMap { Authority($0)?.text } : nil
        let peer = request.peer.isEmpty ? "unknown" : request.peer
        let all = [
            ("X-Forwarded-For", before.map { $0.isEmpty ? peer : $0 + ", " + peer } ?? peer),
            ("X-Forwarded-Proto", request.judged.scheme),
            ("X-Forwarded-Host", host ?? request.judged.host),
        ]
        for (name, value) in all where !replaced.contains(FoldedName(name)) { headers.add(name: name, value: value) }
    }

    private static func wantsTrailers(_ value: String) -> Bool {
        value.cut(at: ",").contains { part in
            let name = part.utf8.prefix { $0 != UInt8(ascii: ";") }
            return Substring(name).trimmedOfOptionalWhitespace.hasSameBytesFoldingASCII(as: "trailers")
        }
    }

    /// A claim may hold anything; a line break in it would begin another field.
    static func oneLine(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else { return value }
        return String(String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    func trailers(_ given: HTTPHeaders?) -> HTTPHeaders? {
        guard let given else { return nil }
        let left = given.filter { field in
            let name = FoldedName(field.name)
            return !replaced.contains(name) && !FieldLists.hopByHop.contains(name) && !FieldLists.notInTrailers.contains(name)
                && !FieldLists.never.contains(field.name, name) && !FieldLists.forwarding.contains(field.name, name)
        }
        return left.isEmpty ? nil : HTTPHeaders(left.map { ($0.name, $0.value) })
    }
}
