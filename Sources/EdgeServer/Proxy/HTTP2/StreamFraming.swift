import NIOCore
import NIOHPACK
import NIOHTTP2

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
    private var held: (frame: HTTP2Frame.FramePayload, promise: EventLoopPromise<Void>?)?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if endedWithHead == nil, case .headers(let headers) = unwrapInboundIn(data) { endedWithHead = headers.endStream }
        context.fireChannelRead(data)
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
        held?.promise?.fail(ChannelError.ioOnClosedChannel)
        held = nil
    }

    private static func ending(_ frame: HTTP2Frame.FramePayload) -> HTTP2Frame.FramePayload? {
        switch frame {
        case .headers(var headers):
            // Interim answers end nothing.
            guard headers.headers.first(name: ":status")?.first != "1" else { return nil }
            headers.endStream = true
            return .headers(headers)
        case .data(var data):
            data.endStream = true
            return .data(data)
        default: return nil
        }
    }
}
