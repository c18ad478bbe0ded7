public import SwiftProtobuf

extension UnaryMethod {
    /// A method whose messages are Protocol Buffers.
    public init<Request: Message, Response: Message>(
        _ path: String,
        protobuf answer: @escaping @Sendable (Request, _ peer: String) throws(GRPCStatus) -> UnaryAnswer<Response>
    ) {
        self.init(path) { call throws(GRPCStatus) in
            let request: Request
            do { request = try Request(serializedBytes: call.message) } catch {
                throw GRPCStatus(.internalError, "the message cannot be read")
            }
            switch try answer(request, call.peer) {
            case .now(let response): return .now(try Self.bytes(response))
            case .later(let work): return .later { () throws(GRPCStatus) in try Self.bytes(try await work()) }
            }
        }
    }

    private static func bytes(_ message: some Message) throws(GRPCStatus) -> [UInt8] {
        do { return try message.serializedBytes() } catch {
            throw GRPCStatus(.internalError, "the answer cannot be written")
        }
    }
}
