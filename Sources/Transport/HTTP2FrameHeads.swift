import NIOCore

/// Finds the frames in the bytes of HTTP/2, and reads no further than their heads (RFC 9113 §4.1).
struct HTTP2FrameHeads {
    struct Head: Hashable {
        /// Bytes behind the head.
        var length = 0
        var type: UInt8 = 0
        var flags: UInt8 = 0
        var stream: UInt32 = 0
    }

    static let clientPreface = 24

    private var skipped: Int
    private var head = Head()
    private var position = 0

    /// - Parameter preface: bytes before the first frame.
    init(preface: Int) { skipped = preface }

    mutating func read(_ buffer: ByteBuffer, _ found: (Head) -> Void) {
        buffer.withUnsafeReadableBytes { bytes in
            var index = 0
            while index < bytes.count {
                if skipped > 0 {
                    let count = min(skipped, bytes.count - index)
                    skipped -= count
                    index += count
                    continue
                }
                add(bytes[index])
                index += 1
                guard position == 9 else { continue }
                found(head)
                skipped = head.length
                head = Head()
                position = 0
            }
        }
    }

    private mutating func add(_ byte: UInt8) {
        switch position {
        case 0...2: head.length = head.length << 8 | Int(byte)
        case 3: head.type = byte
        case 4: head.flags = byte
        // The first bit is reserved.
        case 5: head.stream = UInt32(byte & 0x7F)
        default: head.stream = head.stream << 8 | UInt32(byte)
        }
        position += 1
    }
}

extension HTTP2FrameHeads.Head {
    static let data: UInt8 = 0x0
    static let headers: UInt8 = 0x1
    static let ping: UInt8 = 0x6
    static let goAway: UInt8 = 0x7

    var isAcknowledgment: Bool { flags & 0x1 != 0 }
    var isPadded: Bool { flags & 0x8 != 0 }
}
