import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import EdgeServer

/// A connection that has gone back to its pool: nobody has asked anything.
@Suite struct UpstreamHandlerTests {
    private static let head = HTTPClientResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok))

    /// - Returns: the connection of a handler that has no exchange.
    private func waiting() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(UpstreamHandler(pool: nil))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        #expect(channel.isActive)
        return channel
    }

    @Test(
        arguments: [
            head, .body(ByteBuffer(string: "evil")), .end(nil),
            .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: 103))),
            .head(HTTPResponseHead(version: .http1_1, status: .switchingProtocols)),
        ] as [HTTPClientResponsePart])
    func `What nobody has asked for ends the connection`(_ part: HTTPClientResponsePart) throws {
        let channel = try waiting()
        try channel.writeInbound(part)
        #expect(!channel.isActive)
        #expect(try channel.readInbound(as: HTTPClientResponsePart.self) == nil, "and goes nowhere")
    }

    @Test func `What cannot be read ends it as well`() throws {
        let channel = try waiting()
        channel.pipeline.fireErrorCaught(HTTPParserError.invalidConstant)
        #expect(!channel.isActive)
    }
}
