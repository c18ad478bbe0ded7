import HTTPTypes
import NIOCore
import NIOHTTP1

/// Writing answers that a responder made, and closing without losing them.
extension RequestHandler {
    /// Writes the answer to the request in hand. If the connection lives on, the next request may come.
    func write(_ response: WebResponse) {
        guard let context else { return }
        lastActivity = .now()
        releaseBody()
        let closes = !keepsAlive || isStopping
        var headers = HTTPHeaders()
        headers.reserveCapacity(response.headers.count + 3)
        for field in response.headers { headers.add(name: field.name.rawName, value: field.value) }
        headers.replaceOrAdd(name: "Date", value: ready.clock.date(at: lastActivity))
        headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count))
        addConnection(to: &headers, closes: closes)
        let status = HTTPResponseStatus(statusCode: response.status.code, reasonPhrase: response.status.reasonPhrase)
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        if requestMethod != .HEAD, !response.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        if closes {
            finish(context, requestIsComplete: true)
        } else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            if case .http2Stream = transport {
                // A stream carries one request; it ends by itself once the client has taken the answer.
                phase = .discarding(until: lastActivity + .seconds(Int64(limits.idleSeconds)))
            } else {
                phase = .idle
                answeredOne = true
                gate?.next()
            }
        }
    }

    func writeRejection(_ rejection: RequestRejection, _ context: ChannelHandlerContext) {
        let body = ByteBuffer(string: rejection.text)
        lastActivity = .now()
        var headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": String(body.readableBytes),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Date": ready.clock.date(at: lastActivity),
        ]
        if let seconds = rejection.retryAfter { headers.add(name: "Retry-After", value: String(seconds)) }
        addConnection(to: &headers, closes: true)
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: rejection.status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        finish(context, requestIsComplete: false)
    }

    /// HTTP/2 has no `Connection` field (RFC 9113 §8.2.2).
    private func addConnection(to headers: inout HTTPHeaders, closes: Bool) {
        guard case .http1 = transport else { return }
        if closes {
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if requestVersion == .http1_0 {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
    }

    /// Ends the answer, and the connection behind it.
    private func finish(_ context: ChannelHandlerContext, requestIsComplete: Bool) {
        gate?.drop()
        phase = .discarding(until: lastActivity + .seconds(Int64(limits.idleSeconds)))
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            guard let context = self.context else { return }
            self.close(context, requestIsComplete: requestIsComplete)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// Ends the connection behind all answers that were written, however slowly the client takes them.
    func closeWhenWritten(_ context: ChannelHandlerContext) {
        guard case .http1(let raw, _) = transport else {
            context.close(promise: nil)
            return
        }
        gate?.drop()
        phase = .discarding(until: .now() + .seconds(Int64(limits.idleSeconds)))
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.context?.close(promise: nil)
        }
        raw.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
    }

    private func close(_ context: ChannelHandlerContext, requestIsComplete: Bool) {
        switch transport {
        case .http1(_, encrypted: false) where !inputClosed:
            // Closing at once with input unread would reset the connection and could destroy the answer on its way
            // (RFC 9112 §9.6): say that we are done, and let the client close, for a while.
            context.close(mode: .output, promise: nil)
            phase = .discarding(until: .now() + .seconds(2))
            scheduleDeadline()
        case .http2Stream where requestIsComplete:
            // The stream is over; its connection closes when told to.
            break
        case .http1, .http2Stream:
            context.close(promise: nil)
        }
    }
}
