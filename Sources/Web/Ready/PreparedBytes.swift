import HTTPTypes
import NIOCore

/// The bytes of one HTTP/1.1 answer (RFC 9112 §4), with a place for the date.
struct PreparedBytes: Sendable {
    /// Larger bodies are kept apart, so that a new date does not copy them.
    private static let joinedBody = 8192

    let start: ByteBuffer
    let dateOffset: Int
    let rest: ByteBuffer?
    let counter: PreparedCounter

    init(_ response: WebResponse, withBody: Bool = true, counter: PreparedCounter) {
        var (buffer, offset) = Self.head(response)
        // A 304 has no length of its own (RFC 9110 §15.4.5).
        if response.status != .notModified { buffer.writeString("Content-Length: \(response.body.count)\r\n") }
        buffer.writeString("\r\n")
        let body = withBody ? response.body : []
        if body.count <= Self.joinedBody {
            buffer.writeBytes(body)
            rest = nil
        } else {
            rest = ByteBuffer(bytes: body)
        }
        start = buffer
        dateOffset = offset
        self.counter = counter
    }

    /// A head to which only a length, the empty line and a body need be added.
    init(openEnded response: WebResponse, counter: PreparedCounter) {
        var (buffer, offset) = Self.head(response)
        buffer.writeString("Content-Length: ")
        start = buffer
        dateOffset = offset
        rest = nil
        self.counter = counter
    }

    private static func head(_ response: WebResponse) -> (ByteBuffer, dateOffset: Int) {
        var buffer = ByteBuffer()
        buffer.writeString("HTTP/1.1 \(response.status.code) \(response.status.reasonPhrase)\r\nDate: ")
        let offset = buffer.writerIndex
        buffer.writeRepeatingByte(UInt8(ascii: " "), count: LoopClock.dateLength)
        buffer.writeString("\r\n")
        for field in response.headers where field.name != .contentLength && field.name != .date {
            // HTTPTypes admits neither line breaks nor NUL into names and values.
            buffer.writeString("\(field.name.rawName): \(field.value)\r\n")
        }
        return (buffer, offset)
    }
}
