import Bytes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Web

@Suite("The gate before HTTP/1's decoder") struct HTTP1RequestGateTests {
    /// Stands for the handler behind: takes what comes, and says when another request may.
    private final class Behind: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        let gate: HTTP1RequestGate
        let answersAtOnce: Bool
        var heads: [String] = []
        var bodies: [String] = []
        var ends = 0
        var errors: [any Error] = []

        init(_ gate: HTTP1RequestGate, answersAtOnce: Bool) {
            self.gate = gate
            self.answersAtOnce = answersAtOnce
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                gate.began(head)
                heads.append(head.uri)
                bodies.append("")
            case .body(let bytes): bodies[bodies.count - 1] += String(buffer: bytes)
            case .end:
                gate.end()
                ends += 1
                if answersAtOnce { gate.next() }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            errors.append(error)
            gate.drop()
        }
    }

    private static func channel(answersAtOnce: Bool = true) throws -> (EmbeddedChannel, Behind) {
        let gate = HTTP1RequestGate(limits: ServerLimits())
        let behind = Behind(gate, answersAtOnce: answersAtOnce)
        let channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers([gate, ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)), behind])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        return (channel, behind)
    }

    private static func send(_ text: String, to channel: EmbeddedChannel) {
        _ = try? channel.writeInbound(ByteBuffer(string: text))
    }

    @Test(
        "refuses what others read in another way",
        arguments: [
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
            " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / \tHTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n",
            "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
            "GET /\u{E4} HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "GET / http/1.1\r\nHost: a\r\n\r\n", "GET /\r\nHost: a\r\n\r\n",
            "GET HTTP/1.1\r\n\r\n",
            "\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: a\n\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;\(String(repeating: "x", count: 2000))",
        ])
    func refused(text: String) throws {
        // Behind another request, too, and however it is cut.
        for before in ["", "GET /before HTTP/1.1\r\nHost: a\r\n\r\n"] {
            for size in [1, 3, 10_000] {
                let (channel, behind) = try Self.channel()
                var rest = Array((before + text).utf8)[...]
                while !rest.isEmpty {
                    _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(size)))
                    rest = rest.dropFirst(size)
                }
                #expect(!behind.errors.isEmpty && behind.ends == (before.isEmpty ? 0 : 1))
            }
        }
    }

    @Test func `An empty line before a request is passed over`() throws {
        let (channel, behind) = try Self.channel()
        Self.send("\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", to: channel)
        #expect(behind.heads == ["/a", "/b"] && behind.errors.isEmpty)
    }

    @Test func `One request is read at a time, and the others wait as bytes`() throws {
        let (channel, behind) = try Self.channel(answersAtOnce: false)
        let requests = (0..<2000).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
        Self.send(requests.joined(), to: channel)
        #expect(behind.heads == ["/0"] && behind.gate.isFull)
        behind.gate.next()
        #expect(behind.heads == ["/0", "/1"] && behind.gate.isFull)
        for _ in 0..<1999 { behind.gate.next() }
        #expect(behind.heads.count == 2000 && !behind.gate.isFull)
    }

    @Test func `While the client does not take its answers, no further request is read`() throws {
        let (channel, behind) = try Self.channel()
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        Self.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", to: channel)
        #expect(behind.heads.isEmpty && behind.gate.isFull)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(behind.heads == ["/a"] && !behind.gate.isFull)
    }

    @Test func `What comes behind the last request is thrown away, up to a limit`() throws {
        let (channel, behind) = try Self.channel(answersAtOnce: false)
        Self.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", to: channel)
        behind.gate.drop()
        let bytes = String(repeating: "x", count: 64 << 10)
        for _ in 0..<4 { Self.send(bytes, to: channel) }
        #expect(!behind.gate.isFull && behind.errors.isEmpty)
        for _ in 0..<4 { Self.send(bytes, to: channel) }
        #expect(behind.gate.isFull && behind.errors.count == 1 && behind.errors[0] is HTTP1RequestGate.Flooded)
    }

    @Test func `Requests and bodies of any kind arrive whole and in order, cut at any place`() throws {
        for seed in UInt64(0)..<100 {
            var random = SeededGenerator(seed: seed)
            let (channel, behind) = try Self.channel(answersAtOnce: seed % 2 == 0)
            var text = ""
            var bodies: [String] = []
            for number in 0..<20 {
                let body = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    ["abc", "\r\n\r\n", "GET / HTTP/1.1\r\n", "0\r\n\r\n", "\n"].randomElement(using: &random) ?? ""
                }
                bodies.append(body.joined())
                if Bool.random(using: &random) {
                    let chunks = body.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
                    let trailer = Bool.random(using: &random) ? "X: y\r\n" : ""
                    text +=
                        "POST /\(number) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\(trailer)\r\n"
                } else {
                    text +=
                        "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.joined().utf8.count)\r\n\r\n\(body.joined())"
                }
            }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...100, using: &random)
                try channel.writeInbound(ByteBuffer(bytes: rest.prefix(count)))
                rest = rest.dropFirst(count)
                if !behind.answersAtOnce, behind.ends == behind.heads.count { behind.gate.next() }
            }
            while !behind.answersAtOnce, behind.ends < 20 { behind.gate.next() }
            #expect(behind.heads == (0..<20).map { "/\($0)" } && behind.bodies == bodies && behind.ends == 20)
        }
    }

    @Test(
        "takes no number in two spellings",
        arguments: [
            ("0", 0), ("3", 3), ("10", 10), ("00", nil), ("03", nil), ("+3", nil), ("-3", nil), ("3,3", nil), ("3, 3", nil),
            ("", nil),
            (" 3", nil), ("3 ", nil), ("0x3", nil), ("\u{FF13}", nil), ("3\u{301}", nil), ("9999999999999999999", nil),
        ] as [(String, Int?)])
    func number(text: String, number: Int?) {
        #expect(HTTP1RequestGate.number(text) == number)
    }
}
