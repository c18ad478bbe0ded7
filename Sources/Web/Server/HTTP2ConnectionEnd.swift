package import NIOCore
import NIOHTTP2

/// Ends HTTP/2 connections on which nothing sensible can follow: NIOHTTP2 tells of errors, and leaves it to others to close.
package final class HTTP2ConnectionEnd: ChannelInboundHandler {
    package typealias InboundIn = Any

    private init() {}

    /// To be called once the connection's HTTP/2 handlers are in place.
    package static func add(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP2ConnectionEnd())
        // The connection has begun before its handler came, which waits for the beginning to count idle time.
        if channel.isActive {
            let manager = try pipeline.context(handlerType: NIOHTTP2ServerConnectionManagementHandler.self)
            (manager.handler as? NIOHTTP2ServerConnectionManagementHandler)?.channelActive(context: manager)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The others on this connection have no part in what is wrong with one stream.
        if !(error is NIOHTTP2Errors.StreamError) { context.close(promise: nil) }
    }
}
