import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import NIOTLS
import Transport

/// What a listener does with each connection that HummingbirdCore's server accepts: builds its pipeline on the event loop,
/// then answers its requests in a task that ends with the connection.
struct Connections: ServerChildChannel {
    let application: WebApplication
    let certificates: ServerCertificates?
    let limits: ServerLimits
    let bodies: BodyBudget
    /// The ready answers of each event loop.
    let loops: [ObjectIdentifier: NIOLoopBound<ReadyLoop>]

    typealias Requests = AsyncStream<PendingRequest>
    typealias HTTP2Streams = NIOHTTP2Handler.AsyncStreamMultiplexer<Requests>
    typealias Negotiated = NIONegotiatedHTTPVersion<Requests, HTTP2Streams>

    struct Connection: ServerChildChannelValue {
        enum Kind: Sendable {
            case http1(Requests)
            case negotiating(EventLoopFuture<Negotiated>)
        }

        let channel: any Channel
        let kind: Kind
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            guard let certificates else {
                return Connection(channel: channel, kind: .http1(try http1(channel, encrypted: false)))
            }
            return Connection(channel: channel, kind: .negotiating(try encrypted(channel, certificates)))
        }
    }

    func handle(value: Connection, logger: Logger) async {
        await withTaskCancellationHandler {
            // Connections are taken on an event loop, where requests must not run.
            await withDiscardingTaskGroup { group in
                group.addTask(executorPreference: globalConcurrentExecutor) { await serve(value.kind) }
            }
            // The last bytes of an answer may still be under way.
            try? await value.channel.closeFuture.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }

    private func serve(_ kind: Connection.Kind) async {
        switch kind {
        case .http1(let requests): await serve(requests)
        case .negotiating(let future):
            // A failed handshake closes the channel; there is nobody to tell.
            switch try? await future.get() {
            case .http1_1(let requests): await serve(requests)
            case .http2(let streams): await serve(streams)
            case nil: break
            }
        }
    }

    private func serve(_ requests: Requests) async {
        for await pending in requests {
            pending.answer(await application.respond(to: pending))
        }
    }

    private func serve(_ streams: HTTP2Streams) async {
        await withDiscardingTaskGroup { group in
            do {
                for try await requests in streams.inbound {
                    group.addTask { await serve(requests) }
                }
            } catch {
                // The connection failed; its streams end with it.
            }
        }
    }

    // MARK: Pipelines

    private func encrypted(_ channel: any Channel, _ certificates: ServerCertificates) throws -> EventLoopFuture<Negotiated> {
        // Half-closed connections are for netcat. Under TLS nobody uses them, and HTTP/2 would wait for the other half.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
        let deadline = HandshakeDeadline(seconds: limits.headSeconds)
        try pipeline.addHandler(deadline)
        let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Negotiated> { result in
            channel.eventLoop.makeCompletedFuture {
                if case .negotiated("h2") = result { return .http2(try http2(channel)) }
                return .http1_1(try http1(channel, encrypted: true))
            }
        }
        try pipeline.addHandler(negotiation)
        return negotiation.protocolNegotiationResult
    }

    private func http1(_ channel: any Channel, encrypted: Bool) throws -> Requests {
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytes
        decoding.maxHeaderListSize = limits.headerBytes
        decoding.maxHeaderFieldCount = limits.headerFields
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder())
        let raw = try pipeline.context(handlerType: HTTPResponseEncoder.self)
        let gate = HTTP1RequestGate(limits: limits)
        try pipeline.addHandler(gate)
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPRequestDecoder(
                    leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: decoding)))
        return try addRequestHandler(
            channel, .http1(raw: raw, encrypted: encrypted), gate: gate,
            ConnectionBodies(bodies, limit: limits.connectionBodyBytes))
    }

    private func http2(_ channel: any Channel) throws -> HTTP2Streams {
        var configuration = NIOHTTP2Handler.Configuration()
        configuration.connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
        ]
        try channel.pipeline.syncOperations.addHandler(HTTP2ConnectionGuard(patience: .seconds(Int64(limits.drainSeconds))))
        let bodies = NIOLoopBound(ConnectionBodies(bodies, limit: limits.connectionBodyBytes), eventLoop: channel.eventLoop)
        let streams = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
            mode: .server,
            connectionManagerConfiguration: .init(
                maxIdleTime: .seconds(Int64(limits.idleSeconds)), maxAge: nil,
                maxGraceTime: .seconds(Int64(limits.drainSeconds)), keepalive: nil),
            http2HandlerConfiguration: configuration
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2AuthorityCheck())
                try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                return try addRequestHandler(stream, .http2Stream, gate: nil, bodies.value)
            }
        }
        try HTTP2ConnectionEnd.add(to: channel)
        return streams
    }

    private func addRequestHandler(
        _ channel: any Channel, _ transport: RequestHandler.Transport, gate: HTTP1RequestGate?, _ bodies: ConnectionBodies
    ) throws -> Requests {
        guard let ready = loops[ObjectIdentifier(channel.eventLoop)] else { throw ChannelError.operationUnsupported }
        let (requests, continuation) = Requests.makeStream()
        try channel.pipeline.syncOperations.addHandler(
            RequestHandler(
                transport: transport, gate: gate, bodies: bodies, limits: limits, ready: ready.value, requests: continuation,
                observer: application.observer,
                respondNow: { [application] in application.respondNow(to: $0, body: $1, peer: $2, arrived: $3) }))
        return requests
    }
}
