import Bytes
import Edge
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import EdgeServer
@testable import Web

/// Heads of HTTP/1 as the web listener and the reverse proxy check them, and what the proxy would send on.
struct HeadTarget: FuzzTarget {
    static let name = "head"
    private let proxy: EdgeProxy
    private let route: ProxyRoute

    init() throws {
        route = ProxyRoute(upstream: try ProxyUpstream(name: "b", scheme: .http, host: "127.0.0.1", port: 9))
        proxy = EdgeProxy(EdgeProxy.Settings(routes: ProxyRoutes([route])), answering: Judge())
    }

    func run(_ input: [UInt8]) {
        for head in Self.heads(in: input) {
            if let checked = try? RequestHead(head, limits: ServerLimits()) {
                check(checked.path == "*" || checked.path.startsWithByte("/"), "path \(checked.path)")
                check(!checked.path.containsByte("?"), "the path has a query")
                let target = checked.query.isEmpty ? checked.path : checked.path + "?" + checked.query
                check(head.uri.containsBytes(of: target) || head.uri.containsBytes(of: checked.query), "\(target) of \(head.uri)")
                check(checked.headers.count == head.headers.count, "fields are missing")
            }
            guard
                let incoming = try? IncomingRequest(head, peer: "192.0.2.1", port: 443, isEncrypted: true, proxy: proxy)
            else { continue }
            let judged = incoming.judged
            check(judged.path.isASCII, "path \(judged.path)")
            check(Authority(judged.host) != nil, "host \(judged.host)")
            check(judged.path.hasSameBytes(as: incoming.head.path), "\(judged.path) is judged for \(incoming.head.path)")
            let answer = Judge().answer
            guard let outgoing = try? OutgoingRequest(incoming, route, answer, cookies: proxy.cookies) else { continue }
            let target = Judge.target(of: judged)
            check(outgoing.head.uri.hasSameBytes(as: target), "\(outgoing.head.uri) is sent where \(target) was judged")
            check(target.startsWithBytes(of: incoming.path.text), "\(incoming.path.text) chooses the backend of \(target)")
            let hosts = outgoing.head.headers["host"]
            check(hosts.count == 1 && hosts[0].hasSameBytes(as: judged.host), "hosts \(hosts)")
            for (name, value) in outgoing.head.headers {
                check(name.isASCII && !name.containsByte(" ") && !name.containsByte(":"), "field \(name)")
                check(!value.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }, "value of \(name)")
                let folded = FoldedName(name)
                if folded == "x-forwarded-user" || folded == "x-forwarded-groups" {
                    check(value.hasSameBytes(as: "ann"), "\(name) is the client's")
                }
            }
        }
    }

    /// What NIO's decoder makes of the bytes.
    static func heads(in input: [UInt8]) -> [HTTPRequestHead] {
        let channel = EmbeddedChannel()
        var heads: [HTTPRequestHead] = []
        do {
            try channel.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(), maximumBufferSize: 256 << 10))
            try channel.writeInbound(ByteBuffer(bytes: input))
        } catch {}
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .head(let head) = part { heads.append(head) }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return heads
    }
}
