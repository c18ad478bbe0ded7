import NIOCore
import NIOSSL
import NIOTLS

/// Waits for the handshake with a backend, then makes room for the protocol that was agreed on.
final class UpstreamHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let limit: TimeAmount
    private let ready: EventLoopPromise<String?>
    private let settled: (String?) throws -> Void
    private var timer: Scheduled<Void>?

    private init(_ limit: TimeAmount, _ ready: EventLoopPromise<String?>, _ settled: @escaping (String?) throws -> Void) {
        self.limit = limit
        self.ready = ready
        self.settled = settled
    }

    static func add(
        to channel: any Channel, context: NIOSSLContext, host: String, limit: TimeAmount, ready: EventLoopPromise<String?>,
        _ settled: @escaping (String?) throws -> Void
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        // A name is sent and checked; an address is checked only.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host))
        try pipeline.addHandler(UpstreamHandshake(limit, ready, settled))
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let ready = ready
        timer = context.eventLoop.scheduleTask(in: limit) {
            ready.fail(ChannelError.connectTimeout(.seconds(0)))
            channel.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let negotiated) = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        timer?.cancel()
        do {
            try settled(negotiated)
            ready.succeed(negotiated)
        } catch {
            ready.fail(error)
            context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        timer?.cancel()
        ready.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        ready.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
