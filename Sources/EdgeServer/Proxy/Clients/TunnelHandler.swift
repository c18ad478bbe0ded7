import NIOCore

/// One end of a WebSocket: what it reads, its partner writes, no faster than the partner's peer takes it.
final class TunnelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var partner: TunnelHandler?
    private var context: ChannelHandlerContext?
    private var readIsHeld = false
    private let moved: () -> Void
    private var ended: (() -> Void)?

    private init(moved: @escaping () -> Void, ended: (() -> Void)?) {
        self.moved = moved
        self.ended = ended
    }

    /// - Parameters:
    ///   - moved: called for all bytes in either direction.
    ///   - ended: called once.
    static func pair(moved: @escaping () -> Void, ended: @escaping () -> Void) -> (TunnelHandler, TunnelHandler) {
        let first = TunnelHandler(moved: moved, ended: ended)
        let second = TunnelHandler(moved: moved, ended: nil)
        first.partner = second
        second.partner = first
        return (first, second)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func read(context: ChannelHandlerContext) {
        if let partner, let channel = partner.context?.channel, !channel.isWritable {
            readIsHeld = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        moved()
        guard let partner, let other = partner.context else { return }
        other.write(partner.wrapOutboundOut(unwrapInboundIn(data)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.releaseRead() }
        context.fireChannelWritabilityChanged()
    }

    private func releaseRead() {
        guard readIsHeld, let context else { return }
        readIsHeld = false
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Ends the other side too, behind all that was written to it.
    private func end() {
        context = nil
        ended?()
        ended = nil
        guard let partner else { return }
        self.partner = nil
        partner.partner = nil
        partner.ended?()
        partner.ended = nil
        guard let other = partner.context else { return }
        let written = other.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in partner.context?.close(promise: nil) }
        other.writeAndFlush(partner.wrapOutboundOut(ByteBuffer()), promise: written)
    }
}
