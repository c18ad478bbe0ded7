import Edge
import NIOCore
import NIOHTTP1
import Transport
import Web

/// A connection (HTTP/1.1) or a stream (HTTP/2) of a client, right behind the decoder.
///
/// One request is open at a time. Parts of its body that come too early wait here, and then no more are read; further requests of
/// HTTP/1.1 wait in ``HTTP1RequestGate``. So a slow backend slows its client down, and nothing piles up in between.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Any
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    enum Phase {
        /// No request is open.
        case idle
        /// The edge decides.
        case judging(IncomingRequest)
        /// The body of a request that the edge answers itself.
        case gathering(IncomingRequest, ByteBuffer)
        /// The edge makes its own answer.
        case answering
        case forwarding(Exchange)
        /// Answered before the request was whole; so much more of it is thrown away before the next may come.
        case draining(budget: Int)
        /// Answered for the last time: what comes is thrown away until then.
        case discarding(until: NIODeadline)
        case tunnel
        case closed
    }

    let proxy: EdgeProxy
    let loop: ProxyLoop
    /// Of HTTP/2.
    private let framing: StreamFraming?
    /// Of HTTP/1.
    let gate: HTTP1RequestGate?
    private var held: HeldBody
    let isEncrypted: Bool
    private(set) var context: ChannelHandlerContext?
    var phase = Phase.idle
    /// Whether the connection may live on behind the request in hand.
    var keepsAlive = true
    var isHead = false
    var version = HTTPVersion.http1_1
    /// Whether a part of an answer is on its way, so that no other can begin.
    var hasBegunAnswer = false
    /// Whether the client waits for `100 Continue`, and may go without sending its body.
    var awaitsContinue = false
    /// Whether the request in hand has come in as a whole.
    var requestEnded = false
    private(set) var isReading = false
    var arrived: NIODeadline = .now()
    /// Of the request in hand.
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    private var isTakingWaiting = false
    private var readIsHeld = false
    private(set) var isStopping = false
    var answeredOne = false
    var lastActivity: NIODeadline = .now()
    var deadlineTimer: Scheduled<Void>?
    private(set) var peer = ""
    private(set) var port: Int?
    var judgment: Task<Void, Never>?

    /// - Parameters:
    ///   - framing: of HTTP/2.
    ///   - gate: of HTTP/1.
    init(
        proxy: EdgeProxy, loop: ProxyLoop, framing: StreamFraming?, gate: HTTP1RequestGate?, bodies: ConnectionBodies,
        isEncrypted: Bool
    ) {
        self.proxy = proxy
        self.loop = loop
        self.framing = framing
        self.gate = gate
        held = HeldBody(bodies)
        self.isEncrypted = isEncrypted
    }

    var isHTTP2: Bool { framing != nil }
    var isWritable: Bool { context?.channel.isWritable ?? true }

    // MARK: Reading

    /// Whether more of the client's bytes are wanted.
    private var wantsMore: Bool {
        guard waiting.isEmpty, gate?.isFull != true else { return false }
        switch phase {
        case .idle, .gathering: return isWritable
        // One read more, so that a client that leaves is noticed. Behind an upgrade the decoder would only hoard.
        case .judging, .answering: return keepsAlive || !requestEnded
        case .forwarding(let exchange):
            return requestEnded ? keepsAlive : exchange.takesBody && exchange.upstreamTakesMore
        case .draining, .discarding, .tunnel, .closed: return true
        }
    }

    func read(context: ChannelHandlerContext) {
        if wantsMore { context.read() } else { readIsHeld = true }
    }

    func releaseRead() {
        guard readIsHeld, wantsMore, let context else { return }
        readIsHeld = false
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .tunnel = phase {
            context.fireChannelRead(data)
            return
        }
        isReading = true
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head): gate?.began(head)
        case .body: break
        case .end: gate?.end()
        }
        if waiting.isEmpty, takesNow(part) { process(part, context) } else { waiting.append(part) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if case .forwarding(let exchange) = phase { exchange.flushToUpstream() }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if case .forwarding(let exchange) = phase { exchange.clientWritable() }
            releaseRead()
        }
        context.fireChannelWritabilityChanged()
    }

    private func takesNow(_ part: HTTPServerRequestPart) -> Bool {
        switch phase {
        case .idle, .gathering, .draining, .discarding, .tunnel, .closed: true
        case .judging, .answering: false
        case .forwarding(let exchange): !requestEnded && exchange.takesBody
        }
    }

    private func process(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (part, phase) {
        case (.head(let head), .idle): begin(head, context)
        case (.body(let bytes), .gathering(let request, var body)):
            guard body.readableBytes + bytes.readableBytes <= proxy.settings.limits.bodyBytes else {
                reject(.bodyTooLarge(limit: proxy.settings.limits.bodyBytes))
                return
            }
            guard held.take(bytes.readableBytes) else {
                reject(.tooManyBodies)
                return
            }
            phase = .answering
            body.writeImmutableBuffer(bytes)
            phase = .gathering(request, body)
        case (.end, .gathering(let request, let body)):
            requestEnded = true
            answerOwn(request, body)
        case (.body(let bytes), .forwarding(let exchange)): exchange.requestBody(bytes)
        case (.end(let trailers), .forwarding(let exchange)):
            requestEnded = true
            exchange.requestEnd(trailers)
        case (.body(let bytes), .draining(let budget)):
            phase = .draining(budget: budget - bytes.readableBytes)
            if budget < bytes.readableBytes { closeBehind(nil, context) }
        case (.end, .draining):
            requestEnded = true
            next()
        default: break
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        arrived = .now()
        lastActivity = arrived
        version = isHTTP2 ? .http2 : head.version
        isHead = head.method == .HEAD
        requestEnded = false
        hasBegunAnswer = false
        awaitsContinue = head.headers.contains(name: "expect")
        // Behind a request for another protocol nothing more can be read as HTTP.
        keepsAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
        do throws(RequestRejection) {
            judge(
                try IncomingRequest(
                    head, endsWithHead: framing?.endedWithHead, peer: peer, port: port, isEncrypted: isEncrypted, proxy: proxy),
                context)
        } catch {
            reject(error)
        }
    }

    /// The exchange has a connection: the body that has waited goes on.
    func continueBody() {
        takeWaiting()
        releaseRead()
    }

    /// Takes up what has come in the meantime, as far as it can be taken.
    func takeWaiting() {
        guard let context, !isTakingWaiting else { return }
        isTakingWaiting = true
        while let part = waiting.first, takesNow(part) {
            waiting.removeFirst()
            process(part, context)
        }
        isTakingWaiting = false
        if !isReading, case .forwarding(let exchange) = phase { exchange.flushToUpstream() }
    }

    /// Nothing more is wanted of this connection.
    func dropWaiting() {
        waiting.removeAll()
        gate?.drop()
    }

    /// The body in hand is answered.
    func releaseBody() { held.release() }

    // MARK: Coming and going

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peer = context.channel.remoteAddress?.ipAddress ?? context.channel.parent?.remoteAddress?.ipAddress ?? ""
        port = context.channel.localAddress?.port ?? context.channel.parent?.localAddress?.port
        lastActivity = .now()
        scheduleDeadline()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        let last = phase
        phase = .closed
        waiting.removeAll()
        held.release()
        deadlineTimer?.cancel()
        deadlineTimer = nil
        judgment?.cancel()
        judgment = nil
        if case .forwarding(let exchange) = last { exchange.abandon() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isStopping = true
            if case .idle = phase { context.close(promise: nil) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTP1RequestGate.Flooded, case .discarding = phase { return }
        guard !isHTTP2, let failure = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        let rejection: RequestRejection = failure == .headerOverflow ? .headerTooLarge : .malformed("it is not HTTP")
        switch phase {
        case .idle, .gathering: reject(rejection)
        case .forwarding(let exchange) where !requestEnded:
            exchange.abandon()
            reject(rejection)
        case .judging, .answering, .forwarding, .draining, .discarding, .tunnel, .closed: context.close(promise: nil)
        }
    }
}
