/// How a call ended, other than well. Its message goes to the client (gRPC, doc/statuscodes.md).
public struct GRPCStatus: Error, Sendable, Hashable {
    public enum Code: Int, Sendable, Hashable, CaseIterable {
        case deadlineExceeded = 4
        case notFound = 5
        case resourceExhausted = 8
        case unimplemented = 12
        case internalError = 13
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message as `grpc-message` carries it: all but printable ASCII, and `%` itself, is escaped (PROTOCOL-HTTP2.md,
    /// "Percent-Encoded").
    var encodedMessage: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in message.utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
