import NIOCore
import NIOHTTP1

/// A connection (HTTP/1.1) or a stream (HTTP/2) to a backend, right behind the decoder. It carries one exchange at a time.
///
/// It reads on only while the client takes what it has read.
final class UpstreamHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = Any
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPClientRequestPart

    /// Where a connection goes when its exchange is over; nil: a stream, which ends with it.
    private weak var pool: UpstreamPool?
    private(set) var context: ChannelHandlerContext?
    private(set) var exchange: Exchange?
    /// Whether it has carried an exchange before: then it may be broken without anybody's fault.
    private(set) var isReused = false
    private var keepsAlive = true
    private var requestEnded = false
    private var readIsHeld = false
    private var isTunnel = false
    private var isReturning = false
    private var switchesProtocols: HTTPResponseHead?
    private var keepTimer: Scheduled<Void>?

    init(pool: UpstreamPool?) {
        self.pool = pool
    }

    var isUsable: Bool { context?.channel.isActive ?? false }
    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: One exchange

    func begin(_ exchange: Exchange) {
        keepTimer?.cancel()
        keepTimer = nil
        self.exchange = exchange
        keepsAlive = true
        requestEnded = false
    }

    func send(_ part: HTTPClientRequestPart) {
        guard let context else { return }
        if case .end = part { requestEnded = true }
        context.write(wrapOutboundOut(part), promise: nil)
    }

    func flush() { context?.flush() }

    /// The client has gone, or is answered without us.
    func abandon() {
        exchange = nil
        context?.close(promise: nil)
    }

    private func finished() {
        exchange = nil
        isReused = true
        guard pool != nil, keepsAlive, requestEnded, isUsable else {
            context?.close(promise: nil)
            return
        }
        isReturning = true
        releaseRead()
    }

    func closeAfter(_ time: TimeAmount) {
        keepTimer = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { self.context?.close(promise: nil) }
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if let exchange, !isTunnel, !exchange.clientTakesMore {
            readIsHeld = true
        } else {
            context.read()
        }
    }

    func releaseRead() {
        guard readIsHeld, let context else { return }
        readIsHeld = false
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isTunnel {
            context.fireChannelRead(data)
            return
        }
        guard let exchange else {
            // Nobody asked: what comes now could be taken for the answer to the next request.
            context.close(promise: nil)
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head) where head.status.code == 101:
            switchesProtocols = head
        case .head(let head) where head.status.code < 200:
            exchange.informed(head)
        case .head(let head):
            keepsAlive = head.isKeepAlive
            exchange.answered(head)
        case .body(let bytes):
            if switchesProtocols == nil { exchange.received(bytes) }
        case .end(let trailers):
            if let head = switchesProtocols {
                exchange.switched(head, self)
            } else {
                exchange.ended(trailers)
                finished()
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        exchange?.flushToClient()
        // Not before: what the backend sent behind its answer would be taken for the next one.
        if isReturning {
            isReturning = false
            pool?.keep(self)
        }
        if isTunnel { context.fireChannelReadComplete() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        exchange?.upstreamWritabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    // MARK: Tunnel

    /// From here on bytes go through as they are, to the handler behind.
    func becomeTunnel(_ tunnel: TunnelHandler) throws {
        guard let context else { throw ChannelError.ioOnClosedChannel }
        isTunnel = true
        exchange = nil
        let pipeline = context.pipeline.syncOperations
        try pipeline.addHandler(tunnel)
        pipeline.removeHandler(try pipeline.handler(type: HTTPRequestEncoder.self), promise: nil)
        // What the decoder still holds comes first, and is flushed like any other read.
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        let removed = context.eventLoop.makePromise(of: Void.self)
        removed.futureResult.assumeIsolated().whenComplete { _ in self.context?.fireChannelReadComplete() }
        pipeline.removeHandler(decoder, promise: removed)
        releaseRead()
    }

    // MARK: Coming and going

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        lost("it closed the connection")
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost("it closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lost("\(error)")
        context.close(promise: nil)
    }

    private func lost(_ reason: String) {
        keepTimer?.cancel()
        keepTimer = nil
        pool?.forget(self)
        guard let exchange else { return }
        self.exchange = nil
        // A stream shares its connection, which may have been about to end.
        exchange.lost(reason, wasReused: isReused || pool == nil)
    }
}
