import NIOCore
import NIOHPACK
import NIOHTTP2
import Transport

/// Keeps what HTTP/2 says of where a message ends, which is lost when its frames become parts of HTTP/1.
///
/// - A request that goes on behind its head has a body, whatever its method. Passed on over HTTP/1.1 without saying so, the
///   body would be read as another request: one that nobody has judged.
/// - The end of an answer is put onto its last frame: gRPC tells an answer without messages by fields that end the stream.
final class StreamFraming: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// Whether the head of the request was all of it; nil before it has come.
    private(set) var endedWithHead: Bool?
    private let waiting: HeldData
    private var stream: UInt32?
    private var held: (frame: HTTP2Frame.FramePayload, promise: EventLoopPromise<Void>?)?

    /// - Parameter waiting: what of the connection's data has not been taken.
    init(_ waiting: HeldData) { self.waiting = waiting }

    func handlerAdded(context: ChannelHandlerContext) {
        let id = try? context.channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID)
        stream = id.map { UInt32(truncatingIfNeeded: Int($0)) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers) where endedWithHead == nil: endedWithHead = headers.endStream
        case .data(let data):
            if let stream { waiting.took(data.data.readableBytes, stream: stream) }
        default: break
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let stream { waiting.closed(stream: stream) }
        context.fireChannelInactive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = unwrapOutboundIn(data)
        if let held {
            self.held = nil
            if case .data(let end) = frame, end.endStream, end.data.readableBytes == 0, let joined = Self.ending(held.frame) {
                if let first = held.promise { promise?.futureResult.cascade(to: first) }
                context.write(wrapOutboundOut(joined), promise: promise ?? held.promise)
                return
            }
            context.write(wrapOutboundOut(held.frame), promise: held.promise)
        }
        switch frame {
        case .headers(let headers) where !headers.endStream: held = (frame, promise)
        case .data(let data) where !data.endStream: held = (frame, promise)
        default: context.write(wrapOutboundOut(frame), promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        if let held {
            self.held = nil
            context.write(wrapOutboundOut(held.frame), promise: held.promise)
        }
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if let stream { waiting.closed(stream: stream) }
        held?.promise?.fail(ChannelError.ioOnClosedChannel)
        held = nil
    }

    private static func ending(_ frame: HTTP2Frame.FramePayload) -> HTTP2Frame.FramePayload? {
        switch frame {
        case .headers(var headers):
            // Interim answers end nothing.
            guard headers.headers.first(name: ":status")?.utf8.first != UInt8(ascii: "1") else { return nil }
            headers.endStream = true
            return .headers(headers)
        case .data(var data):
            data.endStream = true
            return .data(data)
        default: return nil
        }
    }
}
