public import NIOCore
public import NIOHTTP2
import Synchronization

/// Tells of the beginning of a stream before it tells of its end.
///
/// A stream whose head is refused at once is over before NIO has told that it began. NIO's handler of connections then holds it for
/// open for ever: the connection is never idle, and a build with assertions stops.
public final class StreamsInOrder: NIOHTTP2StreamDelegate {
    private struct Streams {
        var open: Set<HTTP2StreamID> = []
        var endedEarly: Set<HTTP2StreamID> = []
    }

    private let next: any NIOHTTP2StreamDelegate
    private let streams = Mutex(Streams())

    public init(_ next: any NIOHTTP2StreamDelegate) {
        self.next = next
    }

    public func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        let hasEnded = streams.withLock { streams in
            if streams.endedEarly.remove(id) != nil { return true }
            streams.open.insert(id)
            return false
        }
        next.streamCreated(id, channel: channel)
        if hasEnded { next.streamClosed(id, channel: channel) }
    }

    public func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
        let hasBegun = streams.withLock { streams in
            if streams.open.remove(id) != nil { return true }
            streams.endedEarly.insert(id)
            return false
        }
        if hasBegun { next.streamClosed(id, channel: channel) }
    }
}
