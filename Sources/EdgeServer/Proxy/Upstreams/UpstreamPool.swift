import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix

/// The connections of one event loop to one backend. Everything happens on that loop.
final class UpstreamPool {
    let upstream: ProxyUpstream
    let eventLoop: any EventLoop
    /// Connections of HTTP/1.1 that wait, the last used at the end.
    private var idle: [UpstreamHandler] = []
    /// Connections of HTTP/2.
    private var sessions: [UpstreamSession] = []
    /// Exchanges that wait for one of these.
    private var waiting: [Exchange] = []
    private var sessionsOpening = 0
    /// What https turned out to be.
    private var speaksHTTP2: Bool

    init(_ upstream: ProxyUpstream, eventLoop: any EventLoop) {
        self.upstream = upstream
        self.eventLoop = eventLoop
        speaksHTTP2 = upstream.scheme == .h2c
    }

    /// Gives the exchange a connection, now or later: ``Exchange/linked(_:)`` or ``Exchange/refused(_:)``.
    /// - Parameter fresh: not one that has waited.
    func link(_ exchange: Exchange, fresh: Bool = false) {
        if exchange.opensWebSocket {
            guard upstream.scheme != .h2c else {
                exchange.refused(.noWebSocket)
                return
            }
            connect(for: exchange, HTTP2: false)
            return
        }
        sessions.removeAll { !$0.isUsable }
        if let session = sessions.first(where: \.hasRoom) {
            session.open(exchange)
            return
        }
        if speaksHTTP2 {
            waiting.append(exchange)
            if waiting.count > sessionsOpening * UpstreamSession.streamLimit { connectSession() }
            return
        }
        while !fresh, let handler = idle.popLast() {
            guard handler.isUsable else { continue }
            exchange.linked(handler)
            return
        }
        connect(for: exchange, HTTP2: true)
    }

    /// - Parameter HTTP2: whether the backend may choose it.
    private func connect(for exchange: Exchange, HTTP2: Bool) {
        open(HTTP2: HTTP2) { result in
            switch result {
            case .success(.http1(let handler)):
                if exchange.isOver { self.keep(handler) } else { exchange.linked(handler) }
            case .success(.http2(let session)):
                self.speaksHTTP2 = true
                self.sessions.append(session)
                if !exchange.isOver { session.open(exchange) }
            case .failure(let failure): exchange.refused(failure)
            }
        }
    }

    private func connectSession() {
        sessionsOpening += 1
        open(HTTP2: true) { result in
            self.sessionsOpening -= 1
            switch result {
            case .success(.http2(let session)):
                self.sessions.append(session)
                self.drain()
            case .success(.http1(let handler)):
                // The backend was replaced by one that speaks no HTTP/2.
                self.speaksHTTP2 = false
                self.keep(handler)
                self.drain()
            case .failure(let failure):
                guard self.sessionsOpening == 0 else { return }
                let waiting = self.waiting
                self.waiting = []
                for exchange in waiting { exchange.refused(failure) }
            }
        }
    }

    private func drain() {
        let exchanges = waiting
        waiting = []
        for exchange in exchanges where !exchange.isOver { link(exchange) }
    }

    /// Takes back a connection whose exchange is over.
    func keep(_ handler: UpstreamHandler) {
        guard handler.isUsable, idle.count < upstream.limits.idleConnections else {
            handler.abandon()
            return
        }
        idle.append(handler)
        handler.closeAfter(.milliseconds(upstream.limits.keepMilliseconds))
    }

    func forget(_ handler: UpstreamHandler) {
        if let index = idle.firstIndex(where: { $0 === handler }) { idle.remove(at: index) }
    }

    func forget(_ session: UpstreamSession) { sessions.removeAll { $0 === session } }

    // MARK: Opening

    private enum Opened {
        case http1(UpstreamHandler)
        case http2(UpstreamSession)
    }

    private func open(HTTP2: Bool, _ done: @escaping (Result<Opened, ProxyFailure>) -> Void) {
        let upstream = upstream
        let limit = TimeAmount.milliseconds(upstream.limits.connectMilliseconds)
        let ready = eventLoop.makePromise(of: String?.self)
        let box = NIOLoopBound(self, eventLoop: eventLoop)
        let opened = NIOLoopBoundBox<Opened?>(nil, eventLoop: eventLoop)
        let connecting = ClientBootstrap(group: eventLoop)
            .connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Before anything is read: the backend may speak first.
                    let settled: (String?) throws -> Void = { negotiated in
                        opened.value = try box.value.build(channel, negotiated: negotiated)
                    }
                    guard let tls = HTTP2 ? upstream.tls : upstream.tlsHTTP1 else {
                        try settled(upstream.scheme == .h2c ? "h2" : nil)
                        ready.succeed(nil)
                        return
                    }
                    try UpstreamHandshake.add(
                        to: channel, context: tls, host: upstream.host, limit: limit, ready: ready, settled)
                }
            }
            .connect(host: upstream.host, port: upstream.port)
        connecting.whenFailure { ready.fail($0) }
        let isolated = connecting.and(ready.futureResult).assumeIsolated()
        isolated.whenComplete { result in
            switch result {
            case .success:
                if let opened = opened.value {
                    done(.success(opened))
                } else {
                    done(.failure(.unreachable("no protocol was agreed")))
                }
            case .failure(let error): done(.failure(Self.failure(error)))
            }
        }
    }

    private static func failure(_ error: any Error) -> ProxyFailure {
        if case ChannelError.connectTimeout = error { return .connectTimeout }
        if let error = error as? NIOConnectionError {
            for attempt in error.connectionErrors {
                if case ChannelError.connectTimeout = attempt.error { return .connectTimeout }
            }
            let reasons = error.connectionErrors.map { "\($0.error)" }
            return .unreachable(reasons.first ?? "its name has no address")
        }
        return .unreachable("\(error)")
    }

    private func build(_ channel: any Channel, negotiated: String?) throws -> Opened {
        if negotiated == "h2" {
            return .http2(try UpstreamSession(channel, pool: self))
        }
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 64 << 10
        limits.maxHeaderListSize = 256 << 10
        var encoding = HTTPRequestEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPRequestEncoder(configuration: encoding))
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPResponseDecoder(
                    leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .forward, limitConfiguration: limits)))
        let handler = UpstreamHandler(pool: self)
        try pipeline.addHandler(handler)
        return .http1(handler)
    }
}
