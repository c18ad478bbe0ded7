import Bytes
public import NIOCore
import NIOHTTP2
import Transport

/// Serves unary calls over HTTP/2 (gRPC, doc/PROTOCOL-HTTP2.md).
public struct GRPCServer: Sendable {
    private let methods: [ExactText: UnaryMethod]
    private let limits: GRPCLimits
    private let bodies: BodyBudget

    public init(_ methods: [UnaryMethod], limits: GRPCLimits = GRPCLimits()) {
        self.methods = Dictionary(methods.map { ($0.path.exact, $0) }) { first, _ in first }
        self.limits = limits
        bodies = BodyBudget(limit: limits.heldBytes)
    }

    /// Completes the pipeline of a connection on which HTTP/2 begins, on its event loop.
    ///
    /// On `ChannelShouldQuiesceEvent` the client is told to go elsewhere, and the connection ends when nothing is in flight.
    public func configure(_ channel: any Channel) throws {
        let idle = TimeAmount.seconds(Int64(limits.idleSeconds))
        let grace = TimeAmount.seconds(Int64(limits.drainSeconds))
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: idle, maxAge: nil, maxGraceTime: grace, keepalive: .init(pingInterval: idle, ackTimeout: grace)))
        let pipeline = channel.pipeline.syncOperations
        // Whoever says nothing although it was asked whether it lives does not answer to an orderly end, either.
        try pipeline.addHandler(SilenceLimit(idle + grace))
        try pipeline.addHandler(HTTP2ConnectionGuard(patience: grace))
        let bodies = NIOLoopBound(ConnectionBodies(bodies, limit: limits.connectionBytes), eventLoop: channel.eventLoop)
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: connection, streamConfiguration: stream,
                streamDelegate: StreamsInOrder(manager.http2StreamDelegate)
            ) { [methods, limits, peer = channel.remoteAddress?.ipAddress ?? ""] stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandler(
                        CallHandler(methods: methods, limits: limits, peer: peer, bodies: bodies.value))
                }
            })
        try pipeline.addHandler(manager)
        try pipeline.addHandler(ErrorEnd())
        // The connection has begun before its handler came, which waits for the beginning to count idle time.
        if channel.isActive { manager.channelActive(context: try pipeline.context(handler: manager)) }
    }

    private var connection: NIOHTTP2Handler.ConnectionConfiguration {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.concurrentCalls),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headerBytes),
        ]
        connection.targetWindowSize = 1 << 20
        // An empty frame may end a call.
        connection.maximumSequentialEmptyDataFrames = 8
        // Clients ping to measure the line; within 30 seconds this often.
        connection.controlFrameRateLimit.maximumCount = 3000
        return connection
    }

    private var stream: NIOHTTP2Handler.StreamConfiguration {
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 64 << 10
        // A client that loses interest in all its calls at once attacks nobody.
        stream.streamResetFrameRateLimit.maximumCount = max(200, limits.concurrentCalls)
        return stream
    }
}

/// Ends a connection on which nothing sensible can follow.
private final class ErrorEnd: ChannelInboundHandler {
    typealias InboundIn = Any

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The others on this connection have no part in what is wrong with one call.
        if !(error is NIOHTTP2Errors.StreamError) { context.close(promise: nil) }
    }
}
