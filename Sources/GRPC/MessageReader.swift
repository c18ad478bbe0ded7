import NIOCore

/// Gathers the one message of a call out of its frames of data (PROTOCOL-HTTP2.md, "Length-Prefixed-Message").
struct MessageReader {
    /// Bytes of a message.
    let limit: Int
    private var bytes = ByteBuffer()
    private var length: Int?

    init(limit: Int) { self.limit = limit }

    /// - Throws: as soon as it is known that the message cannot be taken, so that no more than the limit is held.
    mutating func read(_ data: inout ByteBuffer) throws(GRPCStatus) {
        bytes.writeBuffer(&data)
        if length == nil {
            guard let (flag, length) = bytes.readMultipleIntegers(as: (UInt8, UInt32).self) else { return }
            // Every encoding has been refused before.
            guard flag == 0 else {
                throw GRPCStatus(.internalError, flag == 1 ? "compressed, but no grpc-encoding says how" : "no gRPC message")
            }
            guard length <= limit else {
                throw GRPCStatus(.resourceExhausted, "the message has \(length) bytes; \(limit) are taken")
            }
            self.length = Int(length)
        }
        guard bytes.readableBytes <= length ?? 0 else { throw Self.notOne("there are more") }
    }

    /// The message, once nothing more will come.
    mutating func message() throws(GRPCStatus) -> [UInt8] {
        guard let length else {
            if bytes.readableBytes == 0 { throw Self.notOne("there is none") }
            throw GRPCStatus(.internalError, "the message is not whole")
        }
        guard bytes.readableBytes == length, let message = bytes.readBytes(length: length) else {
            throw GRPCStatus(.internalError, "the message is not whole")
        }
        return message
    }

    /// "Request cardinality violation" of doc/statuscodes.md.
    private static func notOne(_ found: String) -> GRPCStatus {
        GRPCStatus(.unimplemented, "this method takes one message, and \(found)")
    }
}
