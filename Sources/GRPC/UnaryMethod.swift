/// A method that takes one message and gives one.
public struct UnaryMethod: Sendable {
    /// `/package.Service/Method`.
    public let path: String
    let answer: @Sendable (UnaryCall) throws(GRPCStatus) -> UnaryAnswer<[UInt8]>

    /// - Parameter answer: is called on the event loop and must not block it.
    public init(_ path: String, answer: @escaping @Sendable (UnaryCall) throws(GRPCStatus) -> UnaryAnswer<[UInt8]>) {
        self.path = path
        self.answer = answer
    }
}

public struct UnaryCall: Sendable {
    public let message: [UInt8]
    /// The address at the other end of the connection, without a port.
    public let peer: String

    public init(message: [UInt8], peer: String) {
        self.message = message
        self.peer = peer
    }
}

public enum UnaryAnswer<Message: Sendable>: Sendable {
    case now(Message)
    /// Runs away from the event loop, and is cancelled when nobody waits for it any more.
    case later(@Sendable () async throws(GRPCStatus) -> Message)
}
