import NIOCore
import Testing

@testable import GRPC

struct MessageReaderTests {
    static func frame(_ message: [UInt8], flag: UInt8 = 0, length: Int? = nil) -> [UInt8] {
        let length = UInt32(length ?? message.count)
        return [flag] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + message
    }

    /// The message in these pieces, or why there is none.
    private static func read(_ pieces: [[UInt8]], limit: Int = 100) -> Result<[UInt8], GRPCStatus> {
        var reader = MessageReader(limit: limit)
        do throws(GRPCStatus) {
            for piece in pieces {
                var bytes = ByteBuffer(bytes: piece)
                try reader.read(&bytes)
            }
            return .success(try reader.message())
        } catch {
            return .failure(error)
        }
    }

    @Test(arguments: [0, 1, 5, 100]) func `A message is whole, wherever it is cut`(size: Int) {
        let message = (0..<size).map { UInt8($0) }
        let bytes = Self.frame(message)
        #expect(Self.read([bytes]) == .success(message))
        #expect(Self.read(bytes.map { [$0] }) == .success(message))
        for cut in 0...bytes.count { #expect(Self.read([Array(bytes[..<cut]), [], Array(bytes[cut...])]) == .success(message)) }
    }

    @Test(
        arguments: [
            ("nothing", [], .unimplemented),
            ("half a prefix", [0, 0, 0], .internalError),
            ("half a message", frame([1, 2], length: 3), .internalError),
            ("two messages", frame([1]) + frame([2]), .unimplemented),
            ("one byte more", frame([1]) + [0], .unimplemented),
            ("a byte behind an empty message", frame([]) + [0], .unimplemented),
            ("a compressed message", frame([1], flag: 1), .internalError),
            ("an unknown flag", frame([1], flag: 2), .internalError),
            ("one byte too many", frame([], length: 101), .resourceExhausted),
            ("four gigabytes", frame([], length: 0xFFFF_FFFF), .resourceExhausted),
        ] as [(String, [UInt8], GRPCStatus.Code)])
    func `What is not one message is refused`(name: String, bytes: [UInt8], code: GRPCStatus.Code) {
        for pieces in [[bytes], bytes.map { [$0] }] {
            guard case .failure(let status) = Self.read(pieces) else {
                Issue.record("\(name) was taken")
                continue
            }
            #expect(status.code == code, "\(name)")
        }
    }

    @Test func `A message that is too large is refused before it comes`() {
        var reader = MessageReader(limit: 100)
        var bytes = ByteBuffer(bytes: Self.frame([], length: 101))
        #expect(throws: GRPCStatus.self) { try reader.read(&bytes) }
    }

    @Test func `Of any bytes, what is read is what was framed`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            // Small numbers make good prefixes likely.
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                UInt8.random(in: 0...(Bool.random(using: &random) ? 3 : 255), using: &random)
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            if case .success(let message) = Self.read([Array(bytes[..<cut]), Array(bytes[cut...])], limit: 4) {
                #expect(message.count <= 4 && bytes == Self.frame(message))
            }
        }
    }
}
