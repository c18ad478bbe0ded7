import NIOCore
import NIOEmbedded
import NIOHTTP2
import Synchronization
import Testing

@testable import GRPC

@Suite struct StreamsInOrderTests {
    /// Writes down what it is told.
    private final class Witness: NIOHTTP2StreamDelegate {
        private let words = Mutex<[String]>([])
        var told: [String] { words.withLock { $0 } }

        func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { words.withLock { $0.append("+\(Int(id))") } }
        func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { words.withLock { $0.append("-\(Int(id))") } }
    }

    @Test func `A stream begins before it ends, also one that was refused at once`() {
        let witness = Witness()
        let streams = StreamsInOrder(witness)
        let channel = EmbeddedChannel()
        streams.streamCreated(1, channel: channel)
        streams.streamClosed(3, channel: channel)
        streams.streamCreated(3, channel: channel)
        streams.streamClosed(1, channel: channel)
        streams.streamCreated(5, channel: channel)
        streams.streamClosed(5, channel: channel)
        #expect(witness.told == ["+1", "+3", "-3", "-1", "+5", "-5"])
    }
}
