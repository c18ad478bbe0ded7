import Bytes
import Edge
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Web

@testable import EdgeServer

/// The reverse proxy between a client of HTTP/1.1 and a backend. The first byte tells in how large pieces the bytes come.
///
/// Another reader than NIO's reads what reaches the backend: there must be the requests that were judged and let through, in their
/// order, and nothing between them.
struct HTTP1Target: FuzzTarget {
    static let name = "http1"
    private static let most = 6
    private let upstream: ProxyUpstream

    init() throws {
        upstream = try ProxyUpstream(name: "b", scheme: .http, host: "127.0.0.1", port: 9)
    }

    func run(_ input: [UInt8]) {
        guard let size = input.first else { return }
        let judge = Judge(letting: Self.most)
        let proxy = EdgeProxy(EdgeProxy.Settings(routes: ProxyRoutes([ProxyRoute(upstream: upstream)])), answering: judge)
        let loop = EmbeddedEventLoop()
        let client = EmbeddedChannel(loop: loop)
        let connections = ProxyConnections(proxy)
        // The connections to backends are nobody's business but the proxy's.
        guard let loops = Mirror(reflecting: connections).descendant("loops") as? ProxyLoops else { fail("no loops") }
        let pool = loops.loop(of: loop).pool(upstream)
        var backends: [Backend] = []
        do {
            // Without TCP none can be opened on the way.
            for _ in 0..<Self.most { backends.append(try Backend(pool: pool, loop: loop)) }
            try connections.configure(client, certificates: nil)
            try client.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        } catch { fail("\(error)") }
        var rest = input.dropFirst()
        let piece = size == 0 ? rest.count : Int(size) * 16
        while !rest.isEmpty, client.isActive {
            _ = try? client.writeInbound(ByteBuffer(bytes: rest.prefix(piece)))
            rest = rest.dropFirst(piece)
            for backend in backends { backend.answer() }
            loop.run()
            for backend in backends { backend.answer() }
        }
        while let bytes = try? client.readOutbound(as: ByteBuffer.self) { _ = bytes }
        _ = try? client.finish(acceptAlreadyClosed: true)
        for backend in backends { backend.end() }
        _ = try? loop.syncShutdownGracefully()
        checkSent(backends, judge.requests)
    }

    private func checkSent(_ backends: [Backend], _ judged: [EdgeRequest]) {
        let allowed = judged.prefix(Self.most).filter(Judge.allows)
        let sent = backends.flatMap(\.requests)
        check(sent.count <= allowed.count, "\(sent.count) requests are sent where \(allowed.count) were let through")
        // Each connection keeps the order; which takes which is the pool's.
        for request in sent {
            let found = allowed.contains { judged in
                Judge.target(of: judged).hasSameBytes(as: request.target) && judged.host.hasSameBytes(as: request.host)
                    && judged.method.hasSameBytes(as: request.method)
            }
            check(
                found, "\(request) is sent, and \(allowed.map { "\($0.method) \($0.host) \(Judge.target(of: $0))" }) were judged")
        }
    }
}

/// A connection to a backend that answers each request as soon as it is whole.
private final class Backend {
    struct Request {
        let method: String
        let target: String
        let host: String
    }

    private let channel: EmbeddedChannel
    private var received: [UInt8] = []
    private(set) var requests: [Request] = []

    init(pool: UpstreamPool, loop: EmbeddedEventLoop) throws {
        channel = EmbeddedChannel(loop: loop)
        let handler = UpstreamHandler(pool: pool)
        var encoding = HTTPRequestEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        try channel.pipeline.syncOperations.addHandler(HTTPRequestEncoder(configuration: encoding))
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
        pool.keep(handler)
    }

    func answer() {
        while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { received += bytes.readableBytesView }
        while let length = whole() {
            received.removeFirst(length)
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
            _ = try? channel.writeInbound(HTTPClientResponsePart.head(head))
            _ = try? channel.writeInbound(HTTPClientResponsePart.end(nil))
            channel.pipeline.fireChannelReadComplete()
            while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { received += bytes.readableBytesView }
        }
    }

    func end() {
        answer()
        // A head whose body has not come to its end is a request all the same.
        if let head = Self.head(received) { requests.append(head.request) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// The length of the request at the beginning, which is then among ``requests``; nil until it is there as a whole.
    private func whole() -> Int? {
        guard let (request, start, length) = Self.head(received) else { return nil }
        var end = start
        if let length {
            end += length
            guard end <= received.count else { return nil }
        } else {
            while true {
                guard let line = Self.line(received, from: end) else { return nil }
                guard let size = Int(String(decoding: received[end..<line], as: UTF8.self), radix: 16), size >= 0 else {
                    fail("a chunk's size is none")
                }
                end = line + 2
                if size == 0 { break }
                guard end + size + 2 <= received.count else { return nil }
                check(received[(end + size)...].starts(with: "\r\n".utf8), "a chunk has no end")
                end += size + 2
            }
            // Trailers.
            while true {
                guard let line = Self.line(received, from: end) else { return nil }
                let isEmpty = line == end
                end = line + 2
                if isEmpty { break }
            }
        }
        requests.append(request)
        return end
    }

    /// The place of the next line's end.
    private static func line(_ bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return index }
            check(bytes[index] != 0x0A, "a line feed stands alone")
            index += 1
        }
        return nil
    }

    /// - Returns: the request, where its body begins, and its length; nil for chunks.
    private static func head(_ bytes: [UInt8]) -> (request: Request, body: Int, length: Int?)? {
        guard let first = line(bytes, from: 0) else { return nil }
        let words = String(decoding: bytes[..<first], as: UTF8.self).cut(at: " ")
        check(words.count == 3 && words[2] == "HTTP/1.1", "the request line has \(words.count) words")
        var hosts: [String] = []
        var lengths: [String] = []
        var codings: [String] = []
        var start = first + 2
        while true {
            guard let end = line(bytes, from: start) else { return nil }
            if end == start { break }
            let field = String(decoding: bytes[start..<end], as: UTF8.self)
            guard let (name, value) = field.cutOnce(at: ":") else { fail("\(field) is no field") }
            check(!name.utf8.contains { $0 <= 0x20 || $0 >= 0x7F }, "\(name) is no name")
            switch name.asciiLowercased {
            case "host": hosts.append(String(value.trimmedOfOptionalWhitespace))
            case "content-length": lengths.append(String(value.trimmedOfOptionalWhitespace))
            case "transfer-encoding": codings.append(String(value.trimmedOfOptionalWhitespace))
            default: break
            }
            start = end + 2
        }
        check(hosts.count == 1, "hosts \(hosts)")
        check(lengths.count + codings.count <= 1, "lengths \(lengths) and codings \(codings)")
        check(codings.allSatisfy { $0 == "chunked" }, "codings \(codings)")
        let length = lengths.first.map { text in
            check(!text.isEmpty && text.utf8.allSatisfy(\.isASCIIDigit), "length \(text)")
            return Int(text) ?? -1
        }
        check(length ?? 0 >= 0, "length \(lengths)")
        let request = Request(method: String(words[0]), target: String(words[1]), host: hosts[0])
        return (request, start + 2, codings.isEmpty ? length ?? 0 : nil)
    }
}
