import GRPC
public import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import NIOTLS
import Transport
public import Web

/// Builds the pipelines of the proxy's clients: HTTP/1.1 or HTTP/2, agreed on by TLS, or in clear told by the first bytes.
public struct ProxyConnections: ConnectionHandling {
    private let proxy: EdgeProxy
    private let loops = ProxyLoops()
    private let bodies: BodyBudget
    private let held = HeldTotal()

    public init(_ proxy: EdgeProxy) {
        self.proxy = proxy
        bodies = BodyBudget(limit: proxy.settings.limits.heldBodyBytes)
    }

    public func configure(_ channel: any Channel, certificates: ServerCertificates?) throws {
        // Who closes one half has gone, as far as a proxy can tell.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
        let pipeline = channel.pipeline.syncOperations
        guard let certificates else {
            try pipeline.addHandler(
                ProtocolSniffer(deadline: .seconds(Int64(proxy.settings.limits.headSeconds))) { isHTTP2 in
                    try isHTTP2 ? addHTTP2(channel, isEncrypted: false) : addHTTP1(channel, isEncrypted: false)
                })
            return
        }
        try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
        try pipeline.addHandler(HandshakeDeadline(seconds: proxy.settings.limits.headSeconds))
        try pipeline.addHandler(
            ApplicationProtocolNegotiationHandler { result in
                channel.eventLoop.makeCompletedFuture {
                    if case .negotiated("h2") = result {
                        try addHTTP2(channel, isEncrypted: true)
                    } else {
                        try addHTTP1(channel, isEncrypted: true)
                    }
                }
            })
    }

    private var connectionBodies: ConnectionBodies {
        ConnectionBodies(bodies, limit: proxy.settings.limits.connectionBodyBytes)
    }

    private func addHTTP1(_ channel: any Channel, isEncrypted: Bool) throws {
        let limits = proxy.settings.limits
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytes
        decoding.maxHeaderListSize = limits.headerBytes
        decoding.maxHeaderFieldCount = limits.headerFields
        var encoding = HTTPResponseEncoder.Configuration()
        encoding.automaticallySetFramingHeaders = false
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder(configuration: encoding))
        let gate = HTTP1RequestGate(limits: limits)
        try pipeline.addHandler(gate)
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding)))
        try pipeline.addHandler(
            ClientHandler(
                proxy: proxy, loop: loops.loop(of: channel.eventLoop), framing: nil, gate: gate, bodies: connectionBodies,
                isEncrypted: isEncrypted))
    }

    private func addHTTP2(_ channel: any Channel, isEncrypted: Bool) throws {
        let limits = proxy.settings.limits
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: .seconds(Int64(limits.idleSeconds)), maxAge: nil, maxGraceTime: .seconds(Int64(limits.drainSeconds)),
                keepalive: nil))
        let http2 = HTTP2Limits.clients(headerBytes: limits.headerBytes)
        let pipeline = channel.pipeline.syncOperations
        let waiting = HeldData(held)
        try pipeline.addHandler(HTTP2ConnectionGuard(patience: .seconds(Int64(limits.drainSeconds)), held: waiting))
        let shared = NIOLoopBound((waiting, connectionBodies), eventLoop: channel.eventLoop)
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: http2.connection,
                streamConfiguration: http2.stream, streamDelegate: StreamsInOrder(manager.http2StreamDelegate)
            ) { stream in
                stream.eventLoop.makeCompletedFuture {
                    let pipeline = stream.pipeline.syncOperations
                    let (waiting, bodies) = shared.value
                    let framing = StreamFraming(waiting)
                    try pipeline.addHandler(framing)
                    try pipeline.addHandler(HTTP2AuthorityCheck())
                    try pipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                    try pipeline.addHandler(
                        ClientHandler(
                            proxy: proxy, loop: loops.loop(of: stream.eventLoop), framing: framing, gate: nil, bodies: bodies,
                            isEncrypted: isEncrypted))
                }
            })
        try pipeline.addHandler(manager)
        try HTTP2ConnectionEnd.add(to: channel)
    }
}
