import NIOCore

/// How many frames a peer may send that bring nothing: `WINDOW_UPDATE`, `PING`, `SETTINGS`, `PRIORITY`, `RST_STREAM`,
/// `CONTINUATION`, empty `DATA`, and types that nobody knows (RFC 9113 §10.5).
///
/// Some belong to every connection, and more to one that does much. So requests and bytes in either direction pay for them, and
/// time pays a little.
struct HTTP2FrameBudget {
    /// Frames ahead of the work that they belong to.
    static let most = 2000
    /// Frames for each second in which nothing else happens.
    static let perSecond = 50
    /// Frames for each head of a request or an answer, and for each frame of data that is written.
    static let perHead = 20
    static let perWrittenData = 2
    /// Bytes of data, read or written, that pay for one frame.
    static let bytesPerFrame = 256

    private(set) var left = most
    private var filled: NIODeadline
    private var bytes = 0

    init(now: NIODeadline) { filled = now }

    /// - Returns: whether the frame may be read.
    mutating func read(_ head: HTTP2FrameHeads.Head, now: NIODeadline) -> Bool {
        switch head.type {
        case HTTP2FrameHeads.Head.headers: add(Self.perHead)
        // A padded frame may be nothing but padding, 256 bytes at most.
        case HTTP2FrameHeads.Head.data where head.length > (head.isPadded ? Self.bytesPerFrame : 0): work(head.length)
        default:
            if left <= 0 { fill(now) }
            guard left > 0 else { return false }
            left -= 1
        }
        return true
    }

    mutating func wrote(_ head: HTTP2FrameHeads.Head) {
        switch head.type {
        case HTTP2FrameHeads.Head.headers: add(Self.perHead)
        case HTTP2FrameHeads.Head.data:
            add(Self.perWrittenData)
            work(head.length)
        default: break
        }
    }

    private mutating func work(_ count: Int) {
        bytes += count
        add(bytes / Self.bytesPerFrame)
        bytes %= Self.bytesPerFrame
    }

    private mutating func fill(_ now: NIODeadline) {
        let seconds = (now - filled).nanoseconds / 1_000_000_000
        guard seconds > 0 else { return }
        filled = filled + .seconds(seconds)
        add(Int(min(seconds, 3600)) * Self.perSecond)
    }

    private mutating func add(_ frames: Int) { left = min(left + frames, Self.most) }
}
