import NIOCore
import Testing

@testable import Transport

@Suite("The budget of frames") struct HTTP2FrameBudgetTests {
    private typealias Head = HTTP2FrameHeads.Head

    /// How many frames pass before one does not.
    private static func passed(_ head: Head, of count: Int, seconds: Int64 = 0) -> Int {
        var budget = HTTP2FrameBudget(now: .uptimeNanoseconds(0))
        for number in 0..<count
        where !budget.read(head, now: .uptimeNanoseconds(0) + .seconds(seconds * Int64(number) / Int64(count))) { return number }
        return count
    }

    @Test(
        "ends what brings nothing",
        arguments: [0x2, 0x3, 0x4, 0x6, 0x7, 0x8, 0x9, 0xA, 0x10, 0xFF] as [UInt8])
    func nothing(type: UInt8) {
        #expect(Self.passed(Head(length: 4, type: type, stream: 1), of: 100_000) == HTTP2FrameBudget.most)
    }

    @Test func `ends empty data, and data that is padding`() {
        #expect(Self.passed(Head(length: 0, type: Head.data, stream: 1), of: 100_000) == HTTP2FrameBudget.most)
        #expect(Self.passed(Head(length: 256, type: Head.data, flags: 0x8, stream: 1), of: 100_000) == HTTP2FrameBudget.most)
    }

    @Test func `lets a connection live that pings for a day`() {
        #expect(Self.passed(Head(length: 8, type: Head.ping), of: 86_400, seconds: 86_400) == 86_400)
    }

    @Test func `lets a client read as much as there is, with two updates for each frame`() {
        var budget = HTTP2FrameBudget(now: .uptimeNanoseconds(0))
        for _ in 0..<100_000 {
            budget.wrote(Head(length: 16384, type: Head.data, stream: 1))
            for stream in [0, 1] as [UInt32] {
                let passes = budget.read(Head(length: 4, type: 0x8, stream: stream), now: .uptimeNanoseconds(0))
                #expect(passes)
            }
        }
    }

    @Test func `lets requests come, each with a reset and frames about its priority`() {
        var budget = HTTP2FrameBudget(now: .uptimeNanoseconds(0))
        for number in 0..<100_000 as Range<UInt32> {
            for type in [Head.headers, 0x2, 0x8, 0x3] {
                let passes = budget.read(Head(length: 5, type: type, stream: 2 * number + 1), now: .uptimeNanoseconds(0))
                #expect(passes)
            }
        }
    }

    @Test func `Frames are found however the bytes are cut`() {
        let bytes: [UInt8] =
            Array(repeating: 7, count: HTTP2FrameHeads.clientPreface) + [0, 0, 0, 4, 1, 0, 0, 0, 0] + [
                0, 0, 3, 0, 8, 0x80, 0, 1, 2,
            ]
            + [0, 0, 0] + [0, 0, 8, 6, 0, 0, 0, 0, 0] + [UInt8](repeating: 9, count: 8)
        let expected = [
            Head(length: 0, type: 4, flags: 1), Head(length: 3, type: 0, flags: 8, stream: 258), Head(length: 8, type: 6),
        ]
        for size in 1...bytes.count {
            var heads = HTTP2FrameHeads(preface: HTTP2FrameHeads.clientPreface)
            var found: [Head] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                heads.read(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])) { found.append($0) }
            }
            #expect(found == expected)
        }
    }
}
