import NIOCore
import NIOHTTP1
import Transport

/// Who wants to know what the event loop decided alone.
struct RequestObserver: Sendable {
    let rejected: @Sendable (RequestRejection) -> Void
    /// `nil` unless requests are logged.
    let answeredReady: (@Sendable (_ name: String, _ status: Int, _ peer: String) -> Void)?
}

/// One connection (HTTP/1) or one stream (HTTP/2), right behind the decoder.
///
/// It puts requests together within their limits and hands them out one at a time, which keeps pipelined answers in order:
/// while one request is open, the next ones wait in ``HTTP1RequestGate`` and no more are read. A request that is found in
/// ``ReadyLoop`` is answered on the spot, on the event loop, and so is one whose route needs no waiting.
final class RequestHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    enum Transport {
        /// `raw`: the response encoder's context; what is written to it goes out as it is.
        case http1(raw: ChannelHandlerContext, encrypted: Bool)
        case http2Stream
    }

    enum Phase {
        /// No request is open.
        case idle
        /// The answer is known; the end of the request is still to come.
        case ready(ReadyChoice)
        /// The body of ``collecting`` arrives.
        case collecting
        /// The responder has the request.
        case answering
        /// Refused or finished; whatever still comes in is thrown away until the deadline.
        case discarding(until: NIODeadline)
        case closed
    }

    struct Collecting {
        let head: RequestHead
        let arrived: NIODeadline
        var body = ByteBuffer()
    }

    let limits: ServerLimits
    let ready: ReadyLoop
    let observer: RequestObserver
    private let respondNow: @Sendable (RequestHead, [UInt8], _ peer: String, _ arrived: NIODeadline) -> WebResponse?
    private(set) var transport: Transport
    /// Of HTTP/1.
    let gate: HTTP1RequestGate?
    private var held: HeldBody
    private let requests: AsyncStream<PendingRequest>.Continuation
    var context: ChannelHandlerContext?
    var phase = Phase.idle
    /// Whether the connection may live on behind the request in hand.
    var keepsAlive = true
    var requestVersion = HTTPVersion.http1_1
    var requestMethod = HTTPMethod.GET
    var isStopping = false
    var inputClosed = false
    var lastActivity: NIODeadline = .now()
    var deadlineTimer: Scheduled<Void>?
    private var collecting: Collecting?
    private var readIsHeld = false
    private var needsFlush = false
    var answeredOne = false
    private var peer = ""

    init(
        transport: Transport, gate: HTTP1RequestGate?, bodies: ConnectionBodies, limits: ServerLimits, ready: ReadyLoop,
        requests: AsyncStream<PendingRequest>.Continuation,
        observer: RequestObserver,
        respondNow: @escaping @Sendable (RequestHead, [UInt8], _ peer: String, _ arrived: NIODeadline) -> WebResponse?
    ) {
        self.transport = transport
        self.gate = gate
        held = HeldBody(bodies)
        self.limits = limits
        self.ready = ready
        self.requests = requests
        self.observer = observer
        self.respondNow = respondNow
    }

    // MARK: Coming and going

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // The channel's, as an HTTP/2 stream's context has none.
        peer = context.channel.remoteAddress?.ipAddress ?? ""
        lastActivity = .now()
        scheduleDeadline()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
        // The raw context refers to the pipeline, and the pipeline to us.
        transport = .http2Stream
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        phase = .closed
        collecting = nil
        held.release()
        deadlineTimer?.cancel()
        deadlineTimer = nil
        requests.finish()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isStopping = true
            if case .idle = phase { closeWhenWritten(context) }
        case ChannelEvent.inputClosed:
            inputClosed = true
            switch phase {
            case .answering: break
            case .idle: closeWhenWritten(context)
            case .discarding: if case .http1 = transport { closeWhenWritten(context) }
            case .ready, .collecting, .closed: context.close(promise: nil)
            }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        // A client that sends on without reading the answers must wait, or its answers would pile up here.
        if takesMore(context) {
            below(context).read()
        } else {
            readIsHeld = true
        }
    }

    private func takesMore(_ context: ChannelHandlerContext) -> Bool {
        gate?.isFull != true && context.channel.isWritable
    }

    /// Where reads and flushes go at once: past the codecs, which have no part in them.
    private func below(_ context: ChannelHandlerContext) -> ChannelHandlerContext {
        if case .http1(let raw, _) = transport { raw } else { context }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        releaseRead(context)
        context.fireChannelWritabilityChanged()
    }

    private func releaseRead(_ context: ChannelHandlerContext) {
        guard readIsHeld, takesMore(context) else { return }
        readIsHeld = false
        below(context).read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head): gate?.began(head)
        case .body: break
        case .end: gate?.end()
        }
        process(part, context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flushReady(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTP1RequestGate.Flooded, case .discarding = phase { return }
        guard case .http1 = transport, let failure = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        reject(failure == .headerOverflow ? .headerTooLarge : .malformed("it is not HTTP"), context)
    }

    private func process(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            if case .idle = phase { begin(head, context) }
        case .body(let bytes):
            if case .collecting = phase { collect(bytes, context) }
        case .end:
            switch phase {
            case .ready(let choice): giveReady(choice)
            case .collecting: handOut(context)
            case .idle, .answering, .discarding, .closed: break
            }
        }
    }

    private func giveReady(_ choice: ReadyChoice) {
        phase = .idle
        answeredOne = true
        needsFlush = true
        if case .http1(let raw, _) = transport { ready.write(choice, to: raw, now: lastActivity) }
        if let log = observer.answeredReady, let line = ready.name(of: choice) { log(line.name, line.status, peer) }
        gate?.next()
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        lastActivity = .now()
        if case .http1 = transport, !isStopping, let choice = ready.choose(head, peer: peer, now: lastActivity) {
            phase = .ready(choice)
            return
        }
        requestVersion = head.version
        requestMethod = head.method
        // Behind a request for another protocol the decoder reads nothing more as HTTP.
        keepsAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
        do throws(RequestRejection) {
            let checked = try RequestHead(head, limits: limits)
            collecting = Collecting(head: checked, arrived: lastActivity)
            phase = .collecting
            if checked.expectsContinue {
                context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
            }
        } catch {
            reject(error, context)
        }
    }

    private func collect(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let have = collecting?.body.readableBytes, have + bytes.readableBytes <= limits.bodyBytes else {
            reject(.bodyTooLarge(limit: limits.bodyBytes), context)
            return
        }
        guard held.take(bytes.readableBytes) else {
            reject(.tooManyBodies, context)
            return
        }
        collecting?.body.writeImmutableBuffer(bytes)
    }

    private func handOut(_ context: ChannelHandlerContext) {
        guard let collected = collecting else { return }
        collecting = nil
        phase = .answering
        flushReady(context)
        if !keepsAlive { gate?.drop() }
        let body = Array(collected.body.readableBytesView)
        if let response = respondNow(collected.head, body, peer, collected.arrived) {
            write(response)
            return
        }
        requests.yield(
            PendingRequest(
                head: collected.head, body: body, peer: peer, arrived: collected.arrived, handler: self,
                eventLoop: context.eventLoop))
    }

    private func reject(_ rejection: RequestRejection, _ context: ChannelHandlerContext) {
        if case .discarding = phase { return }
        if case .closed = phase { return }
        observer.rejected(rejection)
        collecting = nil
        held.release()
        writeRejection(rejection, context)
    }

    func releaseBody() { held.release() }

    private func flushReady(_ context: ChannelHandlerContext) {
        guard needsFlush else { return }
        needsFlush = false
        below(context).flush()
    }

    /// The answer to a request that was handed out.
    func answer(_ response: WebResponse) {
        guard case .answering = phase, let context else { return }
        write(response)
        // Another request may have begun meanwhile.
        flushReady(context)
        if inputClosed, case .idle = phase {
            closeWhenWritten(context)
        } else {
            releaseRead(context)
        }
    }

    // MARK: Deadlines

    /// When the client has to have done what it owes; `nil` while it is our turn.
    private var deadline: NIODeadline? {
        switch phase {
        case .idle, .ready:
            lastActivity + .seconds(Int64(answeredOne ? limits.idleSeconds : limits.headSeconds))
        case .collecting: (collecting?.arrived ?? lastActivity) + .seconds(Int64(limits.bodySeconds))
        case .discarding(let until): until
        case .answering, .closed: nil
        }
    }

    func scheduleDeadline() {
        guard let context else { return }
        deadlineTimer?.cancel()
        // One timer is cheaper than one per request. It looks often enough that no deadline is missed by much.
        let soon = NIODeadline.now() + .seconds(Int64(min(limits.headSeconds, limits.bodySeconds, limits.idleSeconds)))
        // Not `weak`: that would make every retain of this handler slow, and `end()` cancels the timer.
        deadlineTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: min(deadline ?? soon, soon)) {
            self.checkDeadline()
        }
    }

    private func checkDeadline() {
        deadlineTimer = nil
        guard let context else { return }
        if let deadline, deadline <= .now() {
            if case .collecting = phase {
                reject(.bodyTooSlow, context)
            } else {
                context.close(promise: nil)
                return
            }
        }
        scheduleDeadline()
    }
}
