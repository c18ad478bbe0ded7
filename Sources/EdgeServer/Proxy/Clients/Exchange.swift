import Bytes
import Edge
import NIOCore
import NIOHTTP1

/// One request on its way to a backend and its answer on the way back. It lives on one event loop, between a
/// ``ClientHandler`` and an ``UpstreamHandler``, and keeps nothing of either body.
final class Exchange {
    private enum Stage {
        /// No connection yet.
        case linking
        case sending
        /// The head of the answer is with the client.
        case answering
        /// A WebSocket.
        case tunnel
        case over
    }

    let request: IncomingRequest
    private let outgoing: OutgoingRequest
    private let clientHeaders: [EdgeHeaders.Field]
    private let proxy: EdgeProxy
    private let pool: UpstreamPool
    private let started: NIODeadline
    private var client: ClientHandler?
    private var link: UpstreamHandler?
    private var stage = Stage.linking
    private var hasSentBody = false
    private var requestEnded = false
    private var hasRetried = false
    private var lastMoved: NIODeadline
    private var timer: Scheduled<Void>?
    private var status = 0
    private var bytes = 0
    private var needsFlush = false

    init(
        _ request: IncomingRequest, _ outgoing: OutgoingRequest, _ clientHeaders: [EdgeHeaders.Field], proxy: EdgeProxy,
        pool: UpstreamPool, client: ClientHandler, started: NIODeadline
    ) {
        self.request = request
        self.outgoing = outgoing
        self.clientHeaders = clientHeaders
        self.proxy = proxy
        self.pool = pool
        self.client = client
        self.started = started
        lastMoved = started
    }

    var opensWebSocket: Bool { outgoing.opensWebSocket }
    var isOver: Bool { if case .over = stage { true } else { false } }

    /// - Precondition: a place of ``ProxyUpstream/enter()`` is taken; it is left when this is over.
    func start() {
        schedule()
        pool.link(self)
    }

    // MARK: From the client

    /// Whether the body may come: there is a connection, and it takes what comes.
    var takesBody: Bool { link != nil }
    var upstreamTakesMore: Bool { link?.isWritable ?? false }
    var awaitsRequest: Bool { !requestEnded }

    func requestBody(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        guard outgoing.announcesBody else {
            let (client, link) = (client, link)
            end(failure: "a body came that was not announced")
            link?.abandon()
            client?.breakOff()
            return
        }
        moved()
        hasSentBody = true
        needsFlush = true
        link?.send(.body(.byteBuffer(bytes)))
    }

    func requestEnd(_ trailers: HTTPHeaders?) {
        moved()
        requestEnded = true
        needsFlush = true
        link?.send(.end(outgoing.trailers(trailers)))
    }

    func flushToUpstream() {
        guard needsFlush else { return }
        needsFlush = false
        link?.flush()
    }

    /// The client went away.
    func abandon() {
        guard !isOver else { return }
        let link = link
        end(failure: "the client went away")
        link?.abandon()
    }

    // MARK: From the pool

    func linked(_ link: UpstreamHandler) {
        guard case .linking = stage else {
            link.abandon()
            return
        }
        moved()
        stage = .sending
        self.link = link
        link.begin(self)
        link.send(.head(outgoing.head))
        needsFlush = true
        if requestEnded { link.send(.end(nil)) }
        client?.continueBody()
        // What the client has sent by now goes along; the end of its read flushes.
        if client?.isReading != true { flushToUpstream() }
    }

    func refused(_ failure: ProxyFailure) {
        guard case .linking = stage else { return }
        fail(failure)
    }

    // MARK: From the backend

    var clientTakesMore: Bool { client?.isWritable ?? true }

    func informed(_ head: HTTPResponseHead) {
        moved()
        client?.inform(OutgoingResponse.head(head, to: request, clientHeaders: [], cookies: proxy.cookies))
    }

    func answered(_ head: HTTPResponseHead) {
        guard case .sending = stage else { return }
        moved()
        stage = .answering
        status = Int(head.status.code)
        let answer = OutgoingResponse.head(head, to: request, clientHeaders: clientHeaders, cookies: proxy.cookies)
        client?.begin(answer, endsConnection: OutgoingResponse.endsWithConnection(answer, to: request))
    }

    func received(_ body: ByteBuffer) {
        moved()
        bytes += body.readableBytes
        client?.send(body)
    }

    func ended(_ trailers: HTTPHeaders?) {
        guard case .answering = stage else { return }
        let client = client
        end(failure: nil)
        client?.finishAnswer(OutgoingResponse.trailers(trailers))
    }

    func flushToClient() { client?.flush() }

    func upstreamWritabilityChanged() { client?.releaseRead() }

    func clientWritable() { link?.releaseRead() }

    /// - Parameter wasReused: the connection had waited, and may have been closed before our request came.
    func lost(_ reason: String, wasReused: Bool) {
        link = nil
        switch stage {
        case .linking, .sending:
            if wasReused, !hasRetried, !hasSentBody, isSafe, !opensWebSocket {
                hasRetried = true
                stage = .linking
                pool.link(self, fresh: true)
            } else {
                fail(.broken(reason))
            }
        case .answering:
            let client = client
            end(failure: "the backend broke off: \(reason)")
            // The client must not take what it has for the whole.
            client?.breakOff()
        case .tunnel, .over: break
        }
    }

    /// RFC 9110 §9.2.1: asking twice does no more than asking once.
    private var isSafe: Bool {
        switch request.method {
        case .GET, .HEAD, .OPTIONS: true
        default: false
        }
    }

    // MARK: WebSocket

    func switched(_ head: HTTPResponseHead, _ link: UpstreamHandler) {
        guard case .sending = stage, opensWebSocket, let client,
            head.headers["upgrade"].count == 1, head.headers["upgrade"][0].hasSameBytesFoldingASCII(as: "websocket")
        else {
            link.abandon()
            if case .sending = stage { fail(.broken("it switched to another protocol unasked")) }
            return
        }
        stage = .tunnel
        status = 101
        moved()
        let (front, back) = TunnelHandler.pair(moved: { self.moved() }, ended: { self.end(failure: nil) })
        var answer = OutgoingResponse.head(head, to: request, clientHeaders: clientHeaders, cookies: proxy.cookies)
        for field in clientHeaders { answer.headers.add(name: field.name, value: OutgoingRequest.oneLine(field.value)) }
        answer.headers.add(name: "Connection", value: "Upgrade")
        answer.headers.add(name: "Upgrade", value: "websocket")
        do {
            // The backend's end first: the client may have sent something ahead already.
            try link.becomeTunnel(back)
            try client.becomeTunnel(front, behind: answer)
        } catch {
            client.breakOff()
            link.abandon()
            end(failure: "the tunnel could not be built: \(error)")
        }
    }

    // MARK: Time

    private func moved() { lastMoved = .now() }

    /// How long nothing may move, and what it means if nothing does.
    private var patience: (time: TimeAmount, failure: ProxyFailure) {
        let limits = pool.upstream.limits
        switch stage {
        // The pool has limits of its own: this one is for those that wait for others' connections.
        case .linking: return (.milliseconds(limits.connectMilliseconds * 2), .connectTimeout)
        case .sending where requestEnded: return (.milliseconds(limits.responseMilliseconds), .responseTimeout)
        case .sending:
            return (.milliseconds(limits.idleMilliseconds), upstreamTakesMore ? .requestTooSlow : .responseTimeout)
        case .answering, .tunnel, .over: return (.milliseconds(limits.idleMilliseconds), .broken("nothing moves"))
        }
    }

    private func schedule() {
        timer = pool.eventLoop.assumeIsolated().scheduleTask(deadline: lastMoved + patience.time) { self.checkTime() }
    }

    private func checkTime() {
        guard !isOver else { return }
        let (time, failure) = patience
        guard lastMoved + time <= .now() else {
            schedule()
            return
        }
        let link = link
        switch stage {
        case .linking, .sending: fail(failure)
        case .answering, .tunnel:
            let client = client
            end(failure: "nothing moved for too long")
            client?.breakOff()
        case .over: break
        }
        link?.abandon()
    }

    // MARK: The end

    private func fail(_ failure: ProxyFailure) {
        let client = client
        status = Int(failure.status.code)
        end(failure: failure.reason)
        client?.refuse(failure)
    }

    private func end(failure: String?) {
        guard !isOver else { return }
        stage = .over
        timer?.cancel()
        timer = nil
        client = nil
        link = nil
        pool.upstream.leave()
        proxy.record(
            EdgeProxy.Record(
                method: request.judged.method, path: request.judged.path, status: status, upstream: pool.upstream.name,
                bytes: bytes, milliseconds: (NIODeadline.now() - started).nanoseconds / 1_000_000, peer: request.peer,
                failure: failure))
    }
}
