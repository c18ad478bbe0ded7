import Bytes
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Sees to it that `host` beside `:authority` names the same host (RFC 9113 §8.3.1): one of the two is judged, and some backend would
/// take the other. What differs becomes a second `Host`, which ``RequestHead`` refuses.
package final class HTTP2AuthorityCheck: ChannelInboundHandler {
    package typealias InboundIn = HTTP2Frame.FramePayload
    package typealias InboundOut = HTTP2Frame.FramePayload

    private var hasSeenHead = false

    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasSeenHead, case .headers(var frame) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        hasSeenHead = true
        guard frame.headers.contains(name: "host"), let authority = frame.headers.first(name: ":authority") else {
            context.fireChannelRead(data)
            return
        }
        let hosts = frame.headers["host"]
        if hosts.count == 1, hosts[0].hasSameBytesFoldingASCII(as: authority) {
            frame.headers.remove(name: "host")
        } else {
            frame.headers.add(name: "host", value: authority)
        }
        context.fireChannelRead(wrapInboundOut(.headers(frame)))
    }
}
