import Bytes
import NIOCore
import NIOHTTP1

/// Stands before HTTP/1's decoder and hands it one request at a time: the next one waits here, as the bytes that it is, until the
/// handler behind the decoder asks for it. A thousand requests that a client sends ahead would be twenty times as large once read.
///
/// It looks for the ends of heads and bodies only. If the decoder sees the end of a request elsewhere, two readers disagree about
/// where the next one begins, and the connection is given up (RFC 9112 §11.2).
package final class HTTP1RequestGate: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = Any
    package typealias OutboundOut = Any

    private enum Place: Equatable {
        /// A request may begin.
        case between
        /// So many bytes of a body are to come.
        case body(Int)
        case chunkLine
        /// So many bytes of a chunk are to come, with the line break behind it.
        case chunk(Int)
        case trailers
        /// Whatever comes is thrown away.
        case dropping
        /// Whatever comes goes on as it is.
        case raw
    }

    /// More came than is thrown away.
    package struct Flooded: Error {}

    /// Bytes behind the last request of a connection that are read and thrown away.
    package static let mostDropped = 256 << 10
    /// Bytes of a chunk's size with its extensions.
    private static let mostChunkLine = 1024
    /// Answers that may be written before they are sent.
    private static let mostUnflushed = 64

    private let mostHead: Int
    private var context: ChannelHandlerContext?
    private var bytes = ByteBuffer()
    private var place = Place.between
    private var scan: HTTP1HeadScan
    /// Whether the handler behind takes another request.
    private var mayBegin = true
    /// Whether a head is with the decoder, which has said nothing yet.
    private var isOpening = false
    private var ended = false
    private var isFeeding = false
    private var begunSinceFlush = 0
    private var dropped = 0
    private var closing: Any?

    package init(limits: ServerLimits) {
        // Names, values and the target are counted by the decoder; what stands between them by this.
        mostHead = 2 * limits.headerBytes + 1024
        scan = HTTP1HeadScan(.head, limit: mostHead)
    }

    // MARK: For the handler behind the decoder

    /// Whether enough waits here, so that nothing more is to be read.
    package var isFull: Bool {
        switch place {
        case .dropping: dropped > Self.mostDropped
        case .between: bytes.readableBytes > 0 && !takesAnother
        case .body, .chunkLine, .chunk, .trailers, .raw: false
        }
    }

    private var takesAnother: Bool { mayBegin && context?.channel.isWritable ?? false }

    /// Called for each head, before anything is done about it.
    package func began(_ head: HTTPRequestHead) {
        isOpening = false
        if head.headers.contains(name: "transfer-encoding") {
            place = .chunkLine
        } else if let length = head.headers.first(name: "content-length") {
            // One that is not written as it should be is refused by who reads the head.
            place = Self.number(length).map { $0 > 0 ? .body($0) : .between } ?? .dropping
        } else {
            place = .between
        }
    }

    /// Called for each end of a request, before anything is done about it.
    package func end() { ended = true }

    /// Lets the next request come.
    package func next() {
        guard let context, place == .between else { return }
        mayBegin = true
        guard !isFeeding else { return }
        feed(context)
        context.fireChannelReadComplete()
    }

    /// Throws away all that waits, and all that comes.
    package func drop() {
        isOpening = false
        guard place != .raw, place != .dropping else { return }
        place = .dropping
        dropped += bytes.readableBytes
        bytes = ByteBuffer()
        tellClosing()
    }

    /// Lets go on all that waits, and all that comes, as it is.
    package func passRaw() {
        guard let context, place != .raw else { return }
        place = .raw
        guard bytes.readableBytes > 0 else { return }
        let all = bytes
        bytes = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(all))
    }

    // MARK: Coming and going

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        bytes = ByteBuffer()
        self.context = nil
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The decoder takes nothing more behind it.
        if case .inputClosed? = event as? ChannelEvent, bytes.readableBytes > 0, place == .between, !takesAnother {
            closing = event
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func tellClosing() {
        guard let closing, let context else { return }
        self.closing = nil
        context.fireUserInboundEventTriggered(closing)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !isFeeding, place == .between, mayBegin, bytes.readableBytes > 0 {
            feed(context)
            context.fireChannelReadComplete()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Reading

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var new = unwrapInboundIn(data)
        switch place {
        case .raw: context.fireChannelRead(data)
        case .dropping: drop(new.readableBytes, context)
        case .between, .body, .chunkLine, .chunk, .trailers:
            if bytes.readableBytes == 0 { bytes = new } else { bytes.writeBuffer(&new) }
            if !isFeeding { feed(context) }
        }
    }

    private func drop(_ count: Int, _ context: ChannelHandlerContext) {
        let before = dropped
        dropped += count
        if before <= Self.mostDropped, dropped > Self.mostDropped { context.fireErrorCaught(Flooded()) }
    }

    private func feed(_ context: ChannelHandlerContext) {
        isFeeding = true
        begunSinceFlush = 0
        do throws(HTTPParserError) {
            while bytes.readableBytes > 0, try feedPart(context) {}
        } catch {
            place = .dropping
            bytes = ByteBuffer()
            context.fireErrorCaught(error)
        }
        isFeeding = false
        if bytes.readableBytes == 0 || takesAnother { tellClosing() }
    }

    /// - Returns: whether more may follow at once.
    private func feedPart(_ context: ChannelHandlerContext) throws(HTTPParserError) -> Bool {
        switch place {
        case .between:
            guard takesAnother else { return false }
            guard let length = try scanned() else { return false }
            scan = HTTP1HeadScan(.head, limit: mostHead)
            flushNowAndThen(context)
            mayBegin = false
            ended = false
            // The handler says in `began` where the request goes on, or drops what follows a head that is none.
            isOpening = true
            place = .dropping
            pass(length, context)
            if isOpening { throw .invalidVersion }
            if place == .between, !ended { throw .invalidInternalState }
        case .body(let left):
            let count = min(left, bytes.readableBytes)
            try pass(count, then: count == left ? .between : .body(left - count), context)
        case .chunkLine:
            guard let (length, size) = try chunkLine() else { return false }
            if size == 0 { scan = HTTP1HeadScan(.trailers, limit: mostHead) }
            try pass(length, then: size == 0 ? .trailers : .chunk(size + 2), context)
        case .chunk(let left):
            let count = min(left, bytes.readableBytes)
            try pass(count, then: count == left ? .chunkLine : .chunk(left - count), context)
        case .trailers:
            guard let length = try scanned() else { return false }
            scan = HTTP1HeadScan(.head, limit: mostHead)
            try pass(length, then: .between, context)
        case .dropping:
            dropped += bytes.readableBytes
            bytes = ByteBuffer()
            return false
        case .raw: return false
        }
        return true
    }

    private func scanned() throws(HTTPParserError) -> Int? {
        let result = bytes.withUnsafeReadableBytes { view in
            Result { () throws(HTTPParserError) in try scan.length(in: view) }
        }
        return try result.get()
    }

    /// Passes a part of the request in hand, with which it ends if `next` is ``Place/between``.
    private func pass(_ count: Int, then next: Place, _ context: ChannelHandlerContext) throws(HTTPParserError) {
        place = next
        pass(count, context)
        if place == .dropping || place == .raw { return }
        if ended != (next == .between) { throw .invalidInternalState }
    }

    private func pass(_ count: Int, _ context: ChannelHandlerContext) {
        guard let part = bytes.readSlice(length: count) else { return }
        if bytes.readableBytes == 0 { bytes = ByteBuffer() }
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// What is answered at once is sent when all was read; a crowd of answers should not wait for that.
    private func flushNowAndThen(_ context: ChannelHandlerContext) {
        begunSinceFlush += 1
        guard begunSinceFlush > Self.mostUnflushed else { return }
        begunSinceFlush = 0
        context.fireChannelReadComplete()
    }

    /// - Returns: the line's length with its line break, and the size that it tells (RFC 9112 §7.1).
    private func chunkLine() throws(HTTPParserError) -> (length: Int, size: Int)? {
        let view = bytes.readableBytesView
        guard let end = view.prefix(Self.mostChunkLine).firstIndex(of: UInt8(ascii: "\n")) else {
            guard view.count < Self.mostChunkLine else { throw .invalidChunkSize }
            return nil
        }
        let line = view[..<end]
        let digits = line.prefix(while: \.isASCIIHexDigit)
        guard line.last == UInt8(ascii: "\r"), (1...8).contains(digits.count),
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .invalidChunkSize }
        return (line.count + 1, size)
    }

    /// Digits alone, and no number in two spellings (RFC 9110 §8.6).
    static func number(_ text: String) -> Int? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(\.isASCIIDigit),
            text.utf8.count == 1 || !text.startsWithByte("0")
        else { return nil }
        return Int(text)
    }
}
