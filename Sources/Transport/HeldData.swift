import NIOCore
import Synchronization

/// How many bytes may wait at once on all connections together: no more than these are held, whoever sends them.
public final class HeldTotal: Sendable {
    /// Bytes on all connections. Past that, connections that hold more than ``Self/fairShare`` wait.
    let limit: Int
    static let fairShare = 64 << 10

    private let bytes = Atomic<Int>(0)

    public init(limit: Int = 128 << 20) { self.limit = limit }

    var isFull: Bool { bytes.load(ordering: .relaxed) > limit }

    func add(_ count: Int) { bytes.wrappingAdd(count, ordering: .relaxed) }
}

/// What of the data of one HTTP/2 connection has been read and not been taken: streams whose backends are slow hold it.
///
/// It belongs to the connection's event loop.
public final class HeldData {
    /// Bytes on one connection: as many streams as it may have, each with a window full.
    static let most = 8 << 20
    /// What a frame costs besides its bytes, so that a million frames of one byte are not held for a megabyte.
    static let frameOverhead = 128

    private let total: HeldTotal
    /// Of open streams.
    private var streams: [UInt32: Int] = [:]
    private var newest: UInt32 = 0
    private(set) var bytes = 0
    var released: (() -> Void)?

    public init(_ total: HeldTotal) { self.total = total }

    var isTooMuch: Bool { bytes > Self.most || bytes > HeldTotal.fairShare && total.isFull }

    func came(_ head: HTTP2FrameHeads.Head) {
        switch head.type {
        case HTTP2FrameHeads.Head.headers where head.stream > newest:
            newest = head.stream
            streams[head.stream] = 0
        case HTTP2FrameHeads.Head.data:
            // What comes for a stream that is closed is thrown away at once.
            guard let waiting = streams[head.stream] else { return }
            streams[head.stream] = waiting + head.length + Self.frameOverhead
            change(by: head.length + Self.frameOverhead)
        default: break
        }
    }

    /// - Parameter length: of the data in one frame, without its padding.
    public func took(_ length: Int, stream: UInt32) {
        guard let waiting = streams[stream] else { return }
        let taken = min(length + Self.frameOverhead, waiting)
        streams[stream] = waiting - taken
        change(by: -taken)
        released?()
    }

    /// Nobody will take the rest.
    public func closed(stream: UInt32) {
        guard let waiting = streams.removeValue(forKey: stream) else { return }
        change(by: -waiting)
        released?()
    }

    func end() {
        released = nil
        change(by: -bytes)
        streams = [:]
    }

    private func change(by count: Int) {
        bytes += count
        total.add(count)
    }
}
