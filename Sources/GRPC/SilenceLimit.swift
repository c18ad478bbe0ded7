import NIOCore

/// Closes a connection whose client has said nothing for a while, not even that it lives.
final class SilenceLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: TimeAmount
    private var heard = NIODeadline.uptimeNanoseconds(0)
    private var timer: Scheduled<Void>?

    init(_ limit: TimeAmount) { self.limit = limit }

    func handlerAdded(context: ChannelHandlerContext) {
        heard = context.eventLoop.now
        look(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = context.eventLoop.now
        context.fireChannelRead(data)
    }

    private func look(_ context: ChannelHandlerContext) {
        let end = heard + limit
        if end <= context.eventLoop.now {
            context.close(promise: nil)
            return
        }
        let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: end) { box.value.0.look(box.value.1) }
    }
}
