import Bytes
import Edge
import NIOCore
import NIOEmbedded
import Web

@testable import EdgeServer

/// The reverse proxy's connections of HTTP/2. The input is a list of frames, some of them with fields to be packed:
///
/// - `H` with a text of fields, one a line (`:path /x`): HEADERS of the next stream; `h` without the end of the stream, `t` as trailers
/// - any other byte: a frame of that type, with flags and stream, and the rest of the record as it is
///
/// They are divided by lines of `--`.
struct HTTP2Target: FuzzTarget {
    static let name = "http2"
    private static let divider = Array("\n--\n".utf8)

    func run(_ input: [UInt8]) {
        let judge = Judge()
        // Whoever is let through finds that there is no backend: what matters here is what is judged.
        let proxy = EdgeProxy(EdgeProxy.Settings(routes: ProxyRoutes([])), answering: judge)
        let channel = EmbeddedChannel()
        do {
            try ProxyConnections(proxy).configure(channel, certificates: nil)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        } catch { fail("\(error)") }
        var wire = Wire()
        var rest = input[...]
        var sent = 0
        var received = 0
        func deliver() {
            guard channel.isActive else { return }
            sent += wire.bytes.readableBytes
            _ = try? channel.writeInbound(wire.bytes)
            wire.bytes.clear()
            channel.embeddedEventLoop.run()
            while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { received += bytes.readableBytes }
        }
        while !rest.isEmpty, channel.isActive {
            let end = rest.indices.first { rest[$0...].starts(with: Self.divider) } ?? rest.endIndex
            wire.add(rest[..<end])
            rest = rest[end...].dropFirst(Self.divider.count)
            if wire.bytes.readableBytes > 4096 { deliver() }
        }
        deliver()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        check(received <= 4096 + 64 * sent, "\(received) bytes answer \(sent)")
        for request in judge.requests {
            check(Authority(request.host) != nil, "host \(request.host)")
            check(request.path.isASCII, "path \(request.path)")
            let found = wire.heads.contains { head in
                let path = head[":path"]?.cutOnce(at: "?")?.before ?? head[":path"]?[...] ?? ""
                let host = head[":authority"] ?? head["host"] ?? ""
                return path.hasSameBytes(as: request.path) && host.asciiLowercased.hasSameBytes(as: request.host)
                    && (head["host"].map { $0.asciiLowercased.hasSameBytes(as: request.host) } ?? true)
            }
            // Raw frames may carry fields that are not known here.
            check(found || wire.hasRawHeaders, "\(request.method) \(request.host) \(request.path) was not sent")
        }
    }
}

private struct Wire {
    /// Fields of the heads, by name.
    private(set) var heads: [[String: String]] = []
    private(set) var hasRawHeaders = false
    var bytes = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    private var stream: UInt32 = 1

    init() {
        frame(type: 4, flags: 0, stream: 0, [])
    }

    mutating func add(_ record: ArraySlice<UInt8>) {
        guard let kind = record.first else { return }
        switch kind {
        case UInt8(ascii: "H"), UInt8(ascii: "h"), UInt8(ascii: "t"):
            headers(kind, String(decoding: record.dropFirst(), as: UTF8.self))
        default:
            let type = kind % 12
            if type == 1 || type == 9 || type == 5 { hasRawHeaders = true }
            let record = record.dropFirst()
            guard let flags = record.first else { return }
            let number = record.dropFirst().first ?? 0
            frame(type: type, flags: flags, stream: UInt32(number), Array(record.dropFirst(2)))
        }
    }

    private mutating func headers(_ kind: UInt8, _ text: String) {
        var block: [UInt8] = []
        var head: [String: String] = [:]
        for line in text.cut(at: "\n") {
            guard let (name, value) = line.cutOnce(at: " ") else { continue }
            // A literal that goes into no table (RFC 7541 §6.2.2), so that every byte can be one of a name.
            block.append(0)
            for part in [name, value] {
                let length = min(part.utf8.count, 126 + 127)
                block += length < 127 ? [UInt8(length)] : [127, UInt8(length - 127)]
                block += part.utf8.prefix(length)
            }
            // Several of one name are refused, whatever they say.
            head[String(name)] = String(value)
        }
        if kind != UInt8(ascii: "t") {
            heads.append(head)
            stream += 2
        }
        let flags: UInt8 = kind == UInt8(ascii: "h") ? 4 : 5
        frame(type: 1, flags: flags, stream: max(stream, 3) - 2, block)
    }

    private mutating func frame(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
        let payload = payload.prefix(16384)
        bytes.writeBytes([UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255), type, flags])
        bytes.writeInteger(stream)
        bytes.writeBytes(payload)
    }
}
