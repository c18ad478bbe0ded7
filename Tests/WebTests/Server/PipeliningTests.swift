import HTTPTypes
import Testing

@testable import Web

@Suite("Pipelined requests", .timeLimit(.minutes(1)))
struct PipeliningTests {
    @Test("are answered in their order, prepared answers behind slow ones too")
    func order() async throws {
        let gate = Gate()
        let slow = Route([.get], "/slow", audience: .programs) { request in
            await gate.wait()
            return .text("slow \(request.rawQuery)")
        }
        try await RunningServer.with([slow, echo()], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                let paths = ["/keys", "/slow?1", "/keys", "/echo", "/keys", "/slow?2", "/keys"]
                try await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
                // The first is answered while the second still waits.
                #expect(try await client.response().body == "{\"keys\":[]}")
                await gate.open()
                for expected in ["slow 1", "{\"keys\":[]}", "GET /echo? ", "{\"keys\":[]}", "slow 2", "{\"keys\":[]}"] {
                    #expect(try await client.response().body == expected)
                }
            }
        }
    }

    @Test("before a malformed one are answered before it is refused")
    func malformedLast() async throws {
        let gate = Gate()
        let slow = Route([.get], "/slow", audience: .programs) { _ in
            await gate.wait()
            return .text("slow")
        }
        try await RunningServer.with([slow], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send(
                    "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /keys HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
                await gate.open()
                #expect(try await client.response().body == "slow")
                #expect(try await client.response().body == "{\"keys\":[]}")
                #expect(try await client.response().status == 400)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test("behind Connection: close are not answered")
    func afterClose() async throws {
        try await RunningServer.with([echo()], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send(
                    "GET /keys HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /keys HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().status == 200)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test("of any mix and cut at any place keep their order")
    func random() async throws {
        let now = Route(nil, "/now", audience: .programs, now: { .text("now \($0.rawQuery)") }, handle: { _ in .text("late") })
        try await RunningServer.with([echo(), now], ready: [keys]) { server in
            for seed in UInt64(0)..<20 {
                try await RawClient.with(port: server.port) { client in
                    var generator = SeededGenerator(seed: seed)
                    var text = ""
                    var expected: [String] = []
                    for number in 0..<40 {
                        switch Int.random(in: 0..<5, using: &generator) {
                        case 0:
                            text += "POST /echo?\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                            expected.append("POST /echo?\(number) hi")
                        case 1:
                            text += "GET /echo?\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
                            expected.append("GET /echo?\(number) ")
                        case 2:
                            text += "GET /now?\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
                            expected.append("now \(number)")
                        default:
                            text += "GET /keys HTTP/1.1\r\nHost: a\r\n\r\n"
                            expected.append("{\"keys\":[]}")
                        }
                    }
                    var rest = Array(text.utf8)[...]
                    while !rest.isEmpty {
                        let piece = rest.prefix(Int.random(in: 1...200, using: &generator))
                        rest = rest.dropFirst(piece.count)
                        try await client.send(String(decoding: piece, as: UTF8.self))
                    }
                    for body in expected { #expect(try await client.response().body == body) }
                }
            }
        }
    }
}
