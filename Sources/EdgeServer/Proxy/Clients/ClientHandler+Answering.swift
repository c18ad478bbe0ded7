import NIOCore
import NIOHTTP1
import Web

/// The answer on its way to the client, and what becomes of the connection behind it.
extension ClientHandler {
    func write(_ part: HTTPServerResponsePart) { context?.write(wrapOutboundOut(part), promise: nil) }

    func flush() { context?.flush() }

    func inform(_ head: HTTPResponseHead) {
        guard version != .http1_0, !hasBegunAnswer else { return }
        if head.status == .continue { awaitsContinue = false }
        write(.head(head))
        flush()
    }

    func begin(_ head: HTTPResponseHead, endsConnection: Bool) {
        hasBegunAnswer = true
        if endsConnection || awaitsContinue && !requestEnded { keepsAlive = false }
        var head = head
        addConnection(to: &head.headers)
        write(.head(head))
    }

    func send(_ bytes: ByteBuffer) { write(.body(.byteBuffer(bytes))) }

    /// HTTP/2 has no `Connection` field (RFC 9113 §8.2.2).
    func addConnection(to headers: inout HTTPHeaders) {
        guard !isHTTP2 else { return }
        if !keepsAlive || isStopping {
            keepsAlive = false
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if version == .http1_0 {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
    }

    /// The answer is whole.
    func finishAnswer(_ trailers: HTTPHeaders?) {
        guard let context else { return }
        lastActivity = .now()
        releaseBody()
        let end = HTTPServerResponsePart.end(version == .http1_0 ? nil : trailers)
        if keepsAlive || isHTTP2 {
            context.writeAndFlush(wrapOutboundOut(end), promise: nil)
            if requestEnded { next() } else { drain() }
        } else {
            closeBehind(end, context)
        }
    }

    private func drain() {
        phase = .draining(budget: 256 << 10)
        takeWaiting()
        releaseRead()
    }

    func next() {
        answeredOne = true
        if isHTTP2 {
            // A stream carries one request; it ends by itself once the client has taken the answer.
            phase = .discarding(until: lastActivity + .seconds(Int64(proxy.settings.limits.idleSeconds)))
            releaseRead()
            return
        }
        phase = .idle
        if isStopping {
            context?.close(promise: nil)
            return
        }
        gate?.next()
        releaseRead()
    }

    /// Ends the connection behind the last bytes of an answer.
    func closeBehind(_ part: HTTPServerResponsePart?, _ context: ChannelHandlerContext) {
        let linger = !isEncrypted && !isHTTP2 && !requestEnded
        phase = .discarding(until: .now() + .seconds(Int64(proxy.settings.limits.idleSeconds)))
        scheduleDeadline()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            guard let context = self.context else { return }
            guard linger else {
                context.close(promise: nil)
                return
            }
            // Closing with input unread would reset the connection, and the answer with it (RFC 9112 §9.6).
            context.close(mode: .output, promise: nil)
            self.phase = .discarding(until: .now() + .seconds(2))
            self.scheduleDeadline()
        }
        if let part {
            context.writeAndFlush(wrapOutboundOut(part), promise: written)
        } else {
            context.flush()
            written.succeed()
        }
        dropWaiting()
        releaseRead()
    }

    /// The backend broke off behind the head of its answer: the client must see that something is missing.
    func breakOff() {
        phase = .closed
        context?.close(promise: nil)
    }

    func reject(_ rejection: RequestRejection) {
        if hasBegunAnswer {
            breakOff()
            return
        }
        keepsAlive = false
        var headers = HTTPHeaders()
        if let seconds = rejection.retryAfter { headers.add(name: "Retry-After", value: String(seconds)) }
        refuse(status: rejection.status, headers: headers, text: rejection.text)
        record(nil, status: Int(rejection.status.code))
    }
}
