import Bytes
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import GRPC

struct CallHandlerTests {
    typealias Frame = HTTP2Frame.FramePayload

    private static func head(_ changes: [String: String?] = [:], endStream: Bool = false) -> Frame {
        .headers(.init(headers: CallHeadTests.headers(changes), endStream: endStream))
    }

    private static func data(_ bytes: [UInt8], endStream: Bool = true) -> Frame {
        .data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: endStream))
    }

    private static let hello = data(MessageReaderTests.frame([1, 2, 3]))

    private static func handler(
        limits: GRPCLimits = GRPCLimits(), _ answer: @escaping @Sendable (UnaryCall) throws(GRPCStatus) -> UnaryAnswer<[UInt8]>
    ) -> CallHandler {
        let method = UnaryMethod("/t.T/Echo", answer: answer)
        return CallHandler(methods: [method.path.exact: method], limits: limits, peer: "192.0.2.1")
    }

    /// What a stream was answered with.
    struct Answer: Equatable {
        var status: String?
        var code: String?
        var data: [UInt8] = []
        var blocks = 0
        var isEnded = false
        var reset: HTTP2ErrorCode?

        mutating func add(_ frame: Frame) {
            switch frame {
            case .headers(let headers):
                blocks += 1
                status = headers.headers.first(name: ":status") ?? status
                code = headers.headers.first(name: "grpc-status") ?? code
                isEnded = headers.endStream
            case .data(let data):
                if case .byteBuffer(let bytes) = data.data { self.data += bytes.readableBytesView }
            case .rstStream(let reason): reset = reason
            default: break
            }
        }
    }

    private static func answer(_ channel: EmbeddedChannel) throws -> Answer {
        var answer = Answer()
        while let frame = try channel.readOutbound(as: Frame.self) { answer.add(frame) }
        return answer
    }

    private static func answer(
        to frames: [Frame], limits: GRPCLimits = GRPCLimits(),
        _ method: @escaping @Sendable (UnaryCall) throws(GRPCStatus) -> UnaryAnswer<[UInt8]> = { .now($0.message + [9]) }
    ) throws -> Answer {
        let channel = EmbeddedChannel(handler: handler(limits: limits, method))
        for frame in frames { try channel.writeInbound(frame) }
        return try answer(channel)
    }

    @Test func `What is known is answered at once`() throws {
        let answer = try Self.answer(to: [Self.head(), Self.hello]) { .now($0.message + Array($0.peer.utf8)) }
        let expected = MessageReaderTests.frame([1, 2, 3] + Array("192.0.2.1".utf8))
        #expect(answer == Answer(status: "200", code: "0", data: expected, blocks: 2, isEnded: true))
    }

    @Test func `The end may come in a frame of its own, or as trailers`() throws {
        let open = Self.data(MessageReaderTests.frame([1]), endStream: false)
        for end in [Self.data([]), Frame.headers(.init(headers: ["x": "y"], endStream: true))] {
            #expect(try Self.answer(to: [Self.head(), open, end]).code == "0")
        }
    }

    @Test(
        arguments: [
            ([head([":path": "/t.T/None"]), hello], "12", .noError),
            ([head([":path": "/t.T/None"], endStream: true)], "12", nil),
            ([head(), data([1, 0, 0, 0, 1])], "13", nil),
            ([head(), data(MessageReaderTests.frame([], length: 2 << 20), endStream: false), hello], "8", .noError),
            ([head(), data(MessageReaderTests.frame([1]) + [0], endStream: false)], "12", .noError),
            ([head(), data([])], "12", nil), ([head(endStream: true)], "12", nil),
            ([head(["grpc-timeout": "0S"]), hello], "4", nil),
        ] as [([Frame], String, HTTP2ErrorCode?)])
    func `A refusal is trailers alone, and waits for nothing`(frames: [Frame], code: String, reset: HTTP2ErrorCode?) throws {
        let answer = try Self.answer(to: frames)
        #expect(answer == Answer(status: "200", code: code, blocks: 1, isEnded: true, reset: reset))
    }

    @Test func `A client of something else gets an HTTP status`() throws {
        let answer = try Self.answer(to: [Self.head(["content-type": "text/plain"], endStream: true)])
        #expect(answer == Answer(status: "415", blocks: 1, isEnded: true))
    }

    @Test func `What a method throws is the status`() throws {
        let answer = try Self.answer(to: [Self.head(), Self.hello]) { _ throws(GRPCStatus) in throw GRPCStatus(.notFound, "no") }
        #expect(answer == Answer(status: "200", code: "5", blocks: 1, isEnded: true))
    }

    @Test(arguments: [(nil, 10), ("3S", 3), ("60S", 10)] as [(String?, Int64)])
    func `A request that does not end in time is refused`(timeout: String?, seconds: Int64) throws {
        let channel = EmbeddedChannel(handler: Self.handler { .now($0.message) })
        try channel.writeInbound(Self.head(["grpc-timeout": timeout]))
        try channel.writeInbound(Self.data([0, 0], endStream: false))
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds) - .nanoseconds(1))
        #expect(try Self.answer(channel) == Answer())
        channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        #expect(try Self.answer(channel) == Answer(status: "200", code: "4", blocks: 1, isEnded: true, reset: .noError))
    }

    // MARK: Later

    private static func asked(
        _ handler: @escaping @Sendable () -> CallHandler, timeout: String? = nil
    ) async throws
        -> NIOAsyncTestingChannel
    {
        let channel = try await NIOAsyncTestingChannel { channel in
            try channel.pipeline.syncOperations.addHandler(handler())
        }
        try await channel.writeInbound(head(["grpc-timeout": timeout]))
        try await channel.writeInbound(hello)
        return channel
    }

    @Test func `What takes a while is answered later`() async throws {
        for fails in [false, true] {
            let channel = try await Self.asked({
                Self.handler { call in
                    .later { () throws(GRPCStatus) in
                        await Task.yield()
                        if fails { throw GRPCStatus(.notFound, "no") }
                        return call.message
                    }
                }
            })
            var answer = Answer()
            while !answer.isEnded { answer.add(try await channel.waitForOutboundWrite(as: Frame.self)) }
            #expect(answer.code == (fails ? "5" : "0"))
        }
    }

    /// Work that lasts until it is cancelled, which ends the stream.
    private static func endless() -> (AsyncStream<Void>, @Sendable (UnaryCall) -> UnaryAnswer<[UInt8]>) {
        let (ended, end) = AsyncStream<Void>.makeStream()
        return (
            ended,
            { _ in
                .later { () throws(GRPCStatus) in
                    let (never, _) = AsyncStream<Void>.makeStream()
                    for await _ in never {}
                    end.finish()
                    return []
                }
            }
        )
    }

    @Test func `Work that nobody waits for any more is cancelled`() async throws {
        let (ended, method) = Self.endless()
        let channel = try await Self.asked({ Self.handler { method($0) } })
        try await channel.close()
        for await _ in ended {}
    }

    @Test func `Work that takes too long is cancelled, and the client is told`() async throws {
        let (ended, method) = Self.endless()
        let channel = try await Self.asked({ Self.handler { method($0) } }, timeout: "30S")
        await channel.testingEventLoop.advanceTime(by: .seconds(30))
        var answer = Answer()
        answer.add(try await channel.waitForOutboundWrite(as: Frame.self))
        #expect(answer == Answer(status: "200", code: "4", blocks: 1, isEnded: true))
        for await _ in ended {}
    }
}
