import NIOCore
import NIOHTTP2

/// A connection of HTTP/2 to a backend, which carries many exchanges at once.
final class UpstreamSession: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    /// More than these go over another connection, so that one that is lost takes few along.
    static let streamLimit = 100

    private let channel: any Channel
    private weak var pool: UpstreamPool?
    private let keep: TimeAmount
    private let isEncrypted: Bool
    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    private var streams = 0
    private var isLeaving = false
    private var timer: Scheduled<Void>?

    init(_ channel: any Channel, pool: UpstreamPool) throws {
        self.channel = channel
        self.pool = pool
        keep = .milliseconds(pool.upstream.limits.keepMilliseconds)
        isEncrypted = pool.upstream.scheme == .https
        let handler = NIOHTTP2Handler(
            mode: .client, eventLoop: channel.eventLoop, connectionConfiguration: HTTP2Limits.backends.connection,
            streamConfiguration: HTTP2Limits.backends.stream
        ) { stream in
            // Nobody may push.
            stream.close()
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        multiplexer = try handler.syncMultiplexer()
        try channel.pipeline.syncOperations.addHandler(self)
    }

    var isUsable: Bool { channel.isActive && !isLeaving }
    var hasRoom: Bool { isUsable && streams < Self.streamLimit }

    func open(_ exchange: Exchange) {
        timer?.cancel()
        timer = nil
        streams += 1
        let handler = UpstreamHandler(pool: nil)
        let encrypted = isEncrypted
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        let created = channel.eventLoop.makePromise(of: (any Channel).self)
        multiplexer.createStreamChannel(promise: created) { stream in
            stream.eventLoop.makeCompletedFuture {
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: encrypted ? .https : .http))
                try pipeline.addHandler(bound.value)
            }
        }
        created.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let stream):
                stream.closeFuture.assumeIsolated().whenComplete { _ in self.streamEnded() }
                if exchange.isOver { stream.close(promise: nil) } else { exchange.linked(handler) }
            case .failure(let error):
                self.streamEnded()
                // It was not sent: another connection may take it.
                exchange.lost("\(error)", wasReused: true)
            }
        }
    }

    private func streamEnded() {
        streams -= 1
        guard streams == 0 else { return }
        if isLeaving {
            channel.close(promise: nil)
        } else {
            timer = channel.eventLoop.assumeIsolated().scheduleTask(in: keep) {
                if self.streams == 0 { self.leave() }
            }
        }
    }

    private func leave() {
        isLeaving = true
        pool?.forget(self)
        if streams == 0 { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .goAway = unwrapInboundIn(data).payload { leave() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isLeaving = true
        timer?.cancel()
        pool?.forget(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An error of one stream is told to that stream too; one of the connection ends it.
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }
}
