import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import GRPC

/// A client and a server that exchange bytes when they are told to.
private final class Line {
    let client = EmbeddedChannel()
    let server = EmbeddedChannel()
    private let http2: NIOHTTP2Handler

    init(limits: GRPCLimits = GRPCLimits()) throws {
        http2 = NIOHTTP2Handler(mode: .client, eventLoop: client.eventLoop) { $0.eventLoop.makeSucceededVoidFuture() }
        try client.pipeline.syncOperations.addHandler(http2)
        let address = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        try client.connect(to: address).wait()
        try server.connect(to: address).wait()
        try GRPCServer([CallHeadTests.method], limits: limits).configure(server)
        try exchange()
    }

    /// - Parameter answering: whether the client says anything.
    func exchange(answering: Bool = true) throws {
        var isDone = false
        while !isDone {
            isDone = true
            while answering, let bytes = try client.readOutbound(as: ByteBuffer.self) {
                isDone = false
                try server.writeInbound(bytes)
            }
            while let bytes = try server.readOutbound(as: ByteBuffer.self) {
                isDone = false
                try client.writeInbound(bytes)
            }
            client.embeddedEventLoop.run()
            server.embeddedEventLoop.run()
        }
    }

    func open() throws -> Call {
        let streams = try http2.multiplexer.wait()
        let call = Call()
        let stream = client.eventLoop.makePromise(of: (any Channel).self)
        streams.createStreamChannel(promise: stream) { $0.eventLoop.makeSucceededVoidFuture() }
        client.embeddedEventLoop.run()
        let channel = try stream.futureResult.wait()
        try channel.pipeline.syncOperations.addHandler(call)
        call.channel = channel
        return call
    }

    func pass(seconds: Int, answering: Bool = true) throws {
        for _ in 0..<seconds {
            client.embeddedEventLoop.advanceTime(by: .seconds(1))
            server.embeddedEventLoop.advanceTime(by: .seconds(1))
            try exchange(answering: answering)
        }
    }
}

private final class Call: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload

    var channel: (any Channel)?
    var answer = CallHandlerTests.Answer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { answer.add(unwrapInboundIn(data)) }

    func begin(_ changes: [String: String?] = [:]) {
        channel?.writeAndFlush(HTTP2Frame.FramePayload.headers(.init(headers: CallHeadTests.headers(changes))), promise: nil)
    }

    func finish(_ message: [UInt8]) {
        let bytes = ByteBuffer(bytes: MessageReaderTests.frame(message))
        channel?.writeAndFlush(HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(bytes), endStream: true)), promise: nil)
    }
}

struct GRPCServerTests {
    @Test func `Calls are answered side by side`() throws {
        let line = try Line()
        let calls = try (0..<10).map { _ in try line.open() }
        for call in calls { call.begin() }
        try line.exchange()
        for (number, call) in calls.enumerated().reversed() { call.finish([UInt8(number)]) }
        try line.exchange()
        for (number, call) in calls.enumerated() {
            #expect(call.answer.code == "0")
            #expect(call.answer.data == MessageReaderTests.frame([UInt8(number)]))
        }
    }

    @Test func `A client learns how many calls it may make at once`() throws {
        var limits = GRPCLimits()
        limits.concurrentCalls = 2
        let line = try Line(limits: limits)
        let calls = try (0..<3).map { _ in try line.open() }
        for call in calls { call.begin() }
        calls[2].finish([2])
        try line.exchange()
        #expect(calls[2].answer.code == nil)
        calls[0].finish([0])
        try line.exchange()
        #expect(calls[0].answer.code == "0" && calls[2].answer.code == "0")
    }

    @Test func `More fields than are taken end the connection`() throws {
        for size in [8 << 10, 17 << 10] {
            let line = try Line()
            let call = try line.open()
            call.begin(["x": String(repeating: "x", count: size)])
            call.finish([])
            try line.exchange()
            #expect(line.server.isActive == (size < 16 << 10))
        }
    }

    @Test func `A call in flight is finished before a connection ends`() throws {
        let line = try Line()
        let call = try line.open()
        call.begin()
        try line.exchange()
        line.server.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try line.exchange()
        #expect(line.server.isActive)
        call.finish([7])
        try line.exchange()
        #expect(call.answer.data == MessageReaderTests.frame([7]))
        #expect(!line.server.isActive)
    }

    @Test func `A call that does not end is cut off when the time to finish is over`() throws {
        var limits = GRPCLimits()
        limits.requestSeconds = 1000
        let line = try Line(limits: limits)
        try line.open().begin()
        try line.exchange()
        line.server.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try line.pass(seconds: limits.drainSeconds - 1)
        #expect(line.server.isActive)
        try line.pass(seconds: 2)
        #expect(!line.server.isActive)
    }

    @Test func `An idle connection ends, and one that only answers pings is idle`() throws {
        let line = try Line()
        try line.pass(seconds: 299)
        #expect(line.server.isActive)
        try line.pass(seconds: 2)
        #expect(!line.server.isActive)
    }

    @Test func `A client that has died does not hold a connection, not even with a call`() throws {
        for hasCall in [false, true] {
            var limits = GRPCLimits()
            limits.requestSeconds = 1000
            let line = try Line(limits: limits)
            if hasCall { try line.open().begin() }
            try line.exchange()
            try line.pass(seconds: limits.idleSeconds + limits.drainSeconds + 1, answering: false)
            #expect(!line.server.isActive)
        }
    }

    @Test func `What is no HTTP 2 ends the connection`() throws {
        let line = try Line()
        try line.server.writeInbound(ByteBuffer(repeating: 0xFF, count: 64))
        #expect(!line.server.isActive)
    }

    @Test(arguments: [false, true]) func `A flood ends the connection`(ofPings: Bool) throws {
        let line = try Line()
        let frames: [UInt8] =
            ofPings
            // PING, 8 bytes, on the connection.
            ? [0, 0, 8, 6, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
            // SETTINGS, empty.
            : [0, 0, 0, 4, 0, 0, 0, 0, 0]
        var count = 0
        while line.server.isActive, count < 10_000 {
            count += 1
            _ = try? line.server.writeInbound(ByteBuffer(bytes: frames))
        }
        #expect((1000..<5000).contains(count))
    }
}
