import NIOCore
import NIOHTTP1
import Web

/// A WebSocket: from here on bytes go through as they are.
extension ClientHandler {
    func becomeTunnel(_ tunnel: TunnelHandler, behind head: HTTPResponseHead) throws {
        guard let context else { throw ChannelError.ioOnClosedChannel }
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        phase = .tunnel
        deadlineTimer?.cancel()
        deadlineTimer = nil
        let pipeline = context.pipeline.syncOperations
        try pipeline.addHandler(tunnel)
        pipeline.removeHandler(try pipeline.handler(type: HTTPResponseEncoder.self), promise: nil)
        // What the decoder still holds comes first, and is flushed like any other read.
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        let removed = context.eventLoop.makePromise(of: Void.self)
        removed.futureResult.assumeIsolated().whenComplete { _ in
            self.gate?.passRaw()
            self.context?.fireChannelReadComplete()
        }
        pipeline.removeHandler(decoder, promise: removed)
        releaseRead()
    }
}
