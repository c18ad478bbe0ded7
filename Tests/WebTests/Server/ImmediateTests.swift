import HTTPTypes
import Testing

@testable import Web

@Suite("Answers that need no waiting", .timeLimit(.minutes(1)))
struct ImmediateTests {
    /// At once where the query asks for it.
    private static let route = Route(
        nil, "/now", audience: .programs,
        now: { $0.rawQuery.hasPrefix("now") ? .text("now \($0.rawQuery)") : nil },
        handle: { .text("later \($0.rawQuery)") })

    private static func get(_ target: String, _ fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test("are given on the event loop, all others by the route's handler")
    func choice() async throws {
        try await RunningServer.with([Self.route, echo()], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                for (target, body) in [
                    ("/now?now", "now now"), ("/now?x", "later x"), ("/now?now2", "now now2"), ("/echo?now", "GET /echo?now "),
                    ("/keys", "{\"keys\":[]}"),
                ] {
                    try await client.send(Self.get(target))
                    let response = try await client.response()
                    #expect(response.body == body)
                    // As any other answer.
                    #expect(response.fields["x-content-type-options"] == "nosniff")
                    #expect(response.fields["date"] != nil)
                }
                try await client.send(Self.get("/now?now", "Connection: close\r\n"))
                #expect(try await client.response().body == "now now")
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test("wait for their turn behind slow ones")
    func order() async throws {
        let gate = Gate()
        let slow = Route([.get], "/slow", audience: .programs) { _ in
            await gate.wait()
            return .text("slow")
        }
        try await RunningServer.with([slow, Self.route], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                let targets = ["/now?now1", "/slow", "/now?now2", "/now?x", "/now?now3", "/keys", "/now?now4"]
                try await client.send(targets.map { Self.get($0) }.joined())
                #expect(try await client.response().body == "now now1")
                await gate.open()
                for body in ["slow", "now now2", "later x", "now now3", "{\"keys\":[]}", "now now4"] {
                    #expect(try await client.response().body == body)
                }
            }
        }
    }
}
