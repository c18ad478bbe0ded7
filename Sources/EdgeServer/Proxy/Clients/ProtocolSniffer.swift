import NIOCore

/// Waits in clear for the first bytes: HTTP/2 by prior knowledge begins with a preface that no request of HTTP/1 can be
/// (RFC 9113 §3.4).
final class ProtocolSniffer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let deadline: TimeAmount
    private let found: (_ isHTTP2: Bool) throws -> Void
    private var seen = ByteBuffer()
    private var timer: Scheduled<Void>?

    init(deadline: TimeAmount, found: @escaping (_ isHTTP2: Bool) throws -> Void) {
        self.deadline = deadline
        self.found = found
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: deadline) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        seen.writeBuffer(&bytes)
        let begins = seen.readableBytesView.prefix(Self.preface.count).elementsEqual(Self.preface.prefix(seen.readableBytes))
        if begins, seen.readableBytes < Self.preface.count { return }
        do { try found(begins) } catch {
            context.close(promise: nil)
            return
        }
        let all = seen
        seen = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(all))
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
