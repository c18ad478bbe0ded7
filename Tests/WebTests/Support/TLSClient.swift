import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// One request over TLS, by HTTP/1.1 or HTTP/2, and what was learned on the way.
enum TLSClient {
    struct Answer: Sendable {
        let status: Int
        let body: String
        /// The subject of the server's certificate.
        let server: String
        let fields: [String: String]
    }

    static func get(
        _ path: String, port: Int, http2: Bool = false, maximum: TLSVersion? = nil
    ) async throws -> Answer {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .noHostnameVerification
        configuration.maximumTLSVersion = maximum
        configuration.applicationProtocols = http2 ? ["h2"] : ["http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        let subject = Subject()
        let (parts, continuation) = AsyncThrowingStream<HTTPClientResponsePart, any Error>.makeStream()
        // All handlers from the start: an HTTP/2 server speaks first.
        let (channel, streams) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { () -> (any Channel, Streams?) in
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOSSLClientHandler(
                            context: context, serverHostname: nil,
                            customVerificationCallback: { chain, promise in
                                subject.set(chain.first.map { "\($0)" } ?? "")
                                promise.succeed(.certificateVerified)
                            }))
                    if http2 {
                        let streams: Streams = try pipeline.configureAsyncHTTP2Pipeline(mode: .client, configuration: .init()) {
                            $0.eventLoop.makeSucceededVoidFuture()
                        }
                        return (channel, streams)
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(Collector(continuation))
                    return (channel, nil)
                }
            }
        defer { channel.close(promise: nil) }
        if let streams {
            let stream = try await streams.openStream { stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandlers(
                        HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .https), Collector(continuation))
                    return stream
                }
            }
            try await send(path, on: stream)
        } else {
            try await send(path, on: channel)
        }
        var status = 0
        var fields: [String: String] = [:]
        var body = ""
        for try await part in parts {
            switch part {
            case .head(let head):
                status = Int(head.status.code)
                for (name, value) in head.headers { fields[name.lowercased()] = value }
            case .body(let bytes): body += String(buffer: bytes)
            case .end: return Answer(status: status, body: body, server: subject.text, fields: fields)
            }
        }
        throw ChannelError.eof
    }

    private typealias Streams = NIOHTTP2Handler.AsyncStreamMultiplexer<Void>

    private static func send(_ path: String, on channel: any Channel) async throws {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: ["Host": "localhost"])
        try await channel.writeAndFlush(HTTPClientRequestPart.head(head))
        try await channel.writeAndFlush(HTTPClientRequestPart.end(nil))
    }

    private final class Subject: Sendable {
        private let value = Mutex("")
        var text: String { value.withLock { $0 } }
        func set(_ text: String) { value.withLock { $0 = text } }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        private let parts: AsyncThrowingStream<HTTPClientResponsePart, any Error>.Continuation

        init(_ parts: AsyncThrowingStream<HTTPClientResponsePart, any Error>.Continuation) {
            self.parts = parts
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { parts.yield(unwrapInboundIn(data)) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { parts.finish(throwing: error) }
        func channelInactive(context: ChannelHandlerContext) { parts.finish() }
    }
}
