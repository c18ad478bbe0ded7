public import NIOCore

/// Stands between a client's bytes and HTTP/2, and holds for every listener:
///
/// - A client that sends frames which bring nothing, more than belong to what it asks, is cut off (``HTTP2FrameBudget``).
/// - A client that does not acknowledge the `PING` behind a `GOAWAY` in time is cut off. One that takes a long answer in silence
///   acknowledges it, as all do (RFC 9113 §6.7).
/// - While too much of what it sent waits to be taken, no more is read (``HeldData``).
public final class HTTP2ConnectionGuard: ChannelDuplexHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    private let patience: TimeAmount
    private let held: HeldData?
    private var incoming = HTTP2FrameHeads(preface: HTTP2FrameHeads.clientPreface)
    private var outgoing = HTTP2FrameHeads(preface: 0)
    private var budget = HTTP2FrameBudget(now: .uptimeNanoseconds(0))
    private var awaitsAcknowledgment = false
    private var saidGoAway = false
    private var timer: Scheduled<Void>?
    private var readIsHeld = false
    private var isOver = false

    /// - Parameters:
    ///   - patience: for the acknowledgment that the end has been noticed.
    ///   - held: what waits on this connection, for listeners that do not take all at once.
    public init(patience: TimeAmount, held: HeldData? = nil) {
        self.patience = patience
        self.held = held
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        budget = HTTP2FrameBudget(now: context.eventLoop.now)
        let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        held?.released = { box.value.0.releaseRead(box.value.1) }
    }

    public func handlerRemoved(context: ChannelHandlerContext) { end() }

    public func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        isOver = true
        timer?.cancel()
        timer = nil
        held?.end()
    }

    // MARK: Reading

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let now = context.eventLoop.now
        var isGood = true
        incoming.read(unwrapInboundIn(data)) { head in
            if !budget.read(head, now: now) { isGood = false }
            held?.came(head)
            if head.type == HTTP2FrameHeads.Head.ping, head.isAcknowledgment { awaitsAcknowledgment = false }
        }
        guard isGood else {
            cut(context)
            return
        }
        context.fireChannelRead(data)
    }

    public func read(context: ChannelHandlerContext) {
        if held?.isTooMuch == true { readIsHeld = true } else { context.read() }
    }

    private func releaseRead(_ context: ChannelHandlerContext) {
        guard readIsHeld, !isOver, held?.isTooMuch != true else { return }
        readIsHeld = false
        context.read()
    }

    /// `GOAWAY` with `ENHANCE_YOUR_CALM` (RFC 9113 §7).
    private func cut(_ context: ChannelHandlerContext) {
        isOver = true
        let frame: [UInt8] = [0, 0, 8, HTTP2FrameHeads.Head.goAway, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xB]
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: nil)
        context.close(promise: nil)
    }

    // MARK: Writing

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var saysGoAway = false
        outgoing.read(unwrapOutboundIn(data)) { head in
            budget.wrote(head)
            if head.type == HTTP2FrameHeads.Head.goAway { saysGoAway = true }
        }
        if saysGoAway, !saidGoAway {
            saidGoAway = true
            awaitsAcknowledgment = true
            let box = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            timer = context.eventLoop.scheduleTask(in: patience) {
                if box.value.0.awaitsAcknowledgment { box.value.1.close(promise: nil) }
            }
        }
        context.write(data, promise: promise)
    }
}
