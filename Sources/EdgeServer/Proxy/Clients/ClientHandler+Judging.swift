import Edge
import HTTPTypes
import NIOCore
import NIOHTTP1
import Web

/// From a request's head to what is done with it.
extension ClientHandler {
    func judge(_ request: IncomingRequest, _ context: ChannelHandlerContext) {
        if proxy.isOwn(request.path.text) {
            if request.head.expectsContinue {
                context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
            }
            phase = .gathering(request, ByteBuffer())
            return
        }
        if let answer = proxy.answering.answerNow(request.judged) {
            decided(request, answer)
            return
        }
        phase = .judging(request)
        let box = NIOLoopBound(self, eventLoop: context.eventLoop)
        let incoming = NIOLoopBound(request, eventLoop: context.eventLoop)
        let (proxy, judged, eventLoop) = (proxy, request.judged, context.eventLoop)
        judgment = Task {
            let answer = await proxy.answering.answer(judged)
            eventLoop.execute {
                guard case .judging = box.value.phase else { return }
                box.value.judgment = nil
                box.value.decided(incoming.value, answer)
            }
        }
    }

    private func decided(_ request: IncomingRequest, _ answer: EdgeAnswer) {
        guard answer.isAllowed else {
            refuse(answer, request)
            return
        }
        guard let route = proxy.settings.routes.route(host: request.judged.hostName, path: request.path.text) else {
            refuse(.noRoute, request, clientHeaders: answer.clientHeaders)
            return
        }
        if request.opensWebSocket {
            guard WebSocketOrigins(allowed: route.allowedOrigins, cookies: proxy.cookies).allow(request.judged) else {
                refuse(.foreignOrigin, request, clientHeaders: [])
                return
            }
        }
        let outgoing: OutgoingRequest
        do throws(RequestRejection) {
            outgoing = try OutgoingRequest(request, route, answer, cookies: proxy.cookies)
        } catch {
            reject(error)
            return
        }
        guard route.upstream.enter() else {
            refuse(.full, request, clientHeaders: answer.clientHeaders, upstream: route.upstream.name)
            return
        }
        let exchange = Exchange(
            request, outgoing, answer.clientHeaders, proxy: proxy, pool: loop.pool(route.upstream), client: self, started: arrived
        )
        phase = .forwarding(exchange)
        exchange.start()
    }

    // MARK: Answers of the edge

    /// What the edge says in place of the backend.
    private func refuse(_ answer: EdgeAnswer, _ request: IncomingRequest) {
        var headers = HTTPHeaders()
        for field in answer.clientHeaders { headers.add(name: field.name, value: OutgoingRequest.oneLine(field.value)) }
        give(status: HTTPResponseStatus(statusCode: answer.status), headers: headers, body: ByteBuffer(bytes: answer.body))
        record(request, status: answer.status)
    }

    /// - Parameter clientHeaders: a renewed session is not lost because the backend is.
    private func refuse(
        _ failure: ProxyFailure, _ request: IncomingRequest, clientHeaders: [EdgeHeaders.Field], upstream: String? = nil
    ) {
        var headers = HTTPHeaders()
        for field in clientHeaders { headers.add(name: field.name, value: OutgoingRequest.oneLine(field.value)) }
        refuse(failure, headers: headers)
        record(request, status: Int(failure.status.code), failure: failure.reason, upstream: upstream)
    }

    /// What an exchange came to; it has recorded it already.
    func refuse(_ failure: ProxyFailure) { refuse(failure, headers: [:]) }

    private func refuse(_ failure: ProxyFailure, headers: HTTPHeaders) {
        var headers = headers
        if failure.status == .serviceUnavailable { headers.add(name: "Retry-After", value: "1") }
        refuse(status: failure.status, headers: headers, text: failure.text)
    }

    func refuse(status: HTTPResponseStatus, headers: HTTPHeaders, text: String) {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "text/plain; charset=utf-8")
        headers.replaceOrAdd(name: "Cache-Control", value: "no-store")
        headers.replaceOrAdd(name: "X-Content-Type-Options", value: "nosniff")
        give(status: status, headers: headers, body: ByteBuffer(string: text))
    }

    private func give(status: HTTPResponseStatus, headers: HTTPHeaders, body: ByteBuffer) {
        if case .closed = phase { return }
        var headers = headers
        headers.replaceOrAdd(name: "Content-Length", value: String(body.readableBytes))
        if !headers.contains(name: "date") { headers.add(name: "Date", value: loop.date()) }
        begin(
            HTTPResponseHead(version: version == .http1_0 ? .http1_0 : .http1_1, status: status, headers: headers),
            endsConnection: false)
        if !isHead, body.readableBytes > 0 { send(body) }
        finishAnswer(nil)
    }

    /// Hands a whole request to the edge's own pages.
    func answerOwn(_ request: IncomingRequest, _ body: ByteBuffer) {
        guard let own = proxy.settings.own, let context else { return }
        phase = .answering
        let box = NIOLoopBound(self, eventLoop: context.eventLoop)
        let (head, bytes, peer, arrived, eventLoop) = (
            request.head, Array(body.readableBytesView), peer, arrived, context.eventLoop
        )
        judgment = Task {
            let response = await own.respond(to: head, body: bytes, peer: peer, arrived: arrived)
            eventLoop.execute {
                guard case .answering = box.value.phase else { return }
                box.value.judgment = nil
                box.value.give(response)
            }
        }
    }

    private func give(_ response: WebResponse) {
        var headers = HTTPHeaders()
        for field in response.headers { headers.add(name: field.name.rawName, value: field.value) }
        let status = HTTPResponseStatus(statusCode: response.status.code, reasonPhrase: response.status.reasonPhrase)
        give(status: status, headers: headers, body: ByteBuffer(bytes: response.body))
    }

    /// - Parameter request: nil for one that could not be read.
    func record(_ request: IncomingRequest?, status: Int, failure: String? = nil, upstream: String? = nil) {
        proxy.record(
            EdgeProxy.Record(
                method: request?.judged.method ?? "-", path: request?.judged.path ?? "", status: status, upstream: upstream,
                bytes: 0, milliseconds: (NIODeadline.now() - arrived).nanoseconds / 1_000_000, peer: peer, failure: failure))
    }
}
