import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

@Suite("The guard of a connection of HTTP/2") struct HTTP2ConnectionGuardTests {
    private static let preface = [UInt8](repeating: 0, count: HTTP2FrameHeads.clientPreface)

    private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
    }

    private static func channel(held: HeldData? = nil) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: HTTP2ConnectionGuard(patience: .seconds(20), held: held))
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(bytes: preface))
        return channel
    }

    private static func send(_ bytes: [UInt8], to channel: EmbeddedChannel) {
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    @Test(
        "cuts off who sends frames that bring nothing, and says why",
        arguments: [
            frame(0x8, [0, 0, 0, 1]), frame(0x8, stream: 1, [0, 0, 0, 1]), frame(0x6, [UInt8](repeating: 0, count: 8)),
            frame(0x4),
            frame(0x2, stream: 1, [0, 0, 0, 0, 1]), frame(0x0, stream: 1), frame(0xFA),
            frame(0xFA, [UInt8](repeating: 1, count: 200)),
            frame(0x3, stream: 1, [0, 0, 0, 8]), frame(0x9, stream: 1),
        ])
    func flood(frame: [UInt8]) throws {
        let channel = try Self.channel()
        var sent = 0
        while channel.isActive, sent < 10_000 {
            Self.send(frame, to: channel)
            sent += 1
        }
        #expect(!channel.isActive && sent == HTTP2FrameBudget.most + 1)
        let last = try channel.readOutbound(as: ByteBuffer.self)
        #expect(last.map { Array($0.readableBytesView.suffix(4)) } == [0, 0, 0, 0xB])
    }

    @Test func `gives those time who acknowledge the end, however long they are silent then`() throws {
        let channel = try Self.channel()
        try channel.writeOutbound(ByteBuffer(bytes: Self.frame(0x7, [UInt8](repeating: 0, count: 8))))
        channel.embeddedEventLoop.advanceTime(by: .seconds(19))
        Self.send(Self.frame(0x6, flags: 1, [UInt8](repeating: 0, count: 8)), to: channel)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
    }

    @Test func `closes on those who do not acknowledge the end, whatever else they say`() throws {
        let channel = try Self.channel()
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        try channel.writeOutbound(ByteBuffer(bytes: Self.frame(0x7, [UInt8](repeating: 0, count: 8))))
        channel.embeddedEventLoop.advanceTime(by: .seconds(19))
        Self.send(Self.frame(0x6, [UInt8](repeating: 0, count: 8)), to: channel)
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func `What waits is counted with its frames, and forgotten when it is taken or nobody will take it`() throws {
        let held = HeldData(HeldTotal())
        let channel = try Self.channel(held: held)
        Self.send(
            Self.frame(0x1, stream: 1) + Self.frame(0x0, stream: 1, [1, 2, 3]) + Self.frame(0x0, stream: 3, [1]), to: channel)
        #expect(held.bytes == 3 + HeldData.frameOverhead)
        Self.send(Self.frame(0x0, stream: 1, [4]), to: channel)
        held.took(3, stream: 1)
        #expect(held.bytes == 1 + HeldData.frameOverhead)
        held.closed(stream: 1)
        #expect(held.bytes == 0)
        Self.send(Self.frame(0x1, stream: 1) + Self.frame(0x0, stream: 1, [1, 2, 3]), to: channel)
        #expect(held.bytes == 0)
    }

    @Test func `Nothing more is read while too much waits, on one connection or on all`() throws {
        let total = HeldTotal(limit: 100_000)
        let (first, second) = (HeldData(total), HeldData(total))
        _ = try (Self.channel(held: first), Self.channel(held: second))
        let head = HTTP2FrameHeads.Head(length: 5, type: 0x1, stream: 1)
        first.came(head)
        second.came(head)
        first.came(.init(length: 70_000, type: 0x0, stream: 1))
        #expect(!first.isTooMuch)
        second.came(.init(length: 40_000, type: 0x0, stream: 1))
        #expect(first.isTooMuch && !second.isTooMuch)
        second.closed(stream: 1)
        #expect(!first.isTooMuch)
        let alone = HeldData(HeldTotal(limit: .max))
        alone.came(head)
        alone.came(.init(length: HeldData.most, type: 0x0, stream: 1))
        #expect(alone.isTooMuch)
    }
}
