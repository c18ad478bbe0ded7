import HTTPTypes
import Testing

@testable import Web

@Suite("Limits", .timeLimit(.minutes(1)))
struct LimitTests {
    @Test(
        "refuse what is malformed, and close",
        arguments: [
            ("nonsense\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("GET /keys HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("GET /keys HTTP/1.1\r\n\r\n", 400),
            ("GET echo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400),
            ("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost : a\r\n\r\n", 400),
            ("GET /e\u{7F}cho HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /echo#f HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /echo HTTP/3.0\r\nHost: a\r\n\r\n", 400),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            ("GET /echo HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 3000))\r\n\r\n", 431),
            ("GET /echo HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 30))\r\n", 431),
            (
                "GET /echo HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: \(String(repeating: "y", count: 150))\r\n", count: 15))\r\n",
                431
            ),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413),
            (
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n70\r\n\(String(repeating: "x", count: 112))\r\n",
                413
            ),
        ])
    func refused(request: String, status: Int) async throws {
        let limits = limits {
            $0.headerBytes = 2000
            $0.headerFields = 20
            $0.bodyBytes = 100
        }
        try await RunningServer.with([echo()], ready: [keys], limits: limits) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send(request)
                let response = try await client.response()
                #expect(response.status == status)
                #expect(response.fields["connection"] == "close")
                #expect(try await client.rest() == "")
            }
            #expect(server.metrics.render().contains("http_requests_total{code=\"\(status)\""))
        }
    }

    @Test("take a body of exactly the size allowed")
    func exactBody() async throws {
        try await RunningServer.with([echo()], limits: limits { $0.bodyBytes = 100 }) { server in
            try await RawClient.with(port: server.port) { client in
                let body = String(repeating: "x", count: 100)
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n\(body)")
                #expect(try await client.response().body == "POST /echo? \(body)")
            }
        }
    }

    @Test("close on clients that never finish a head, while others are served")
    func slowHeads() async throws {
        try await RunningServer.with([echo()], ready: [keys], limits: limits { $0.headSeconds = 1 }) { server in
            try await withThrowingTaskGroup(of: String.self) { group in
                let dribblersConnected = AsyncStream<Void>.makeStream()
                for _ in 0..<20 {
                    group.addTask {
                        try await RawClient.with(port: server.port) { client in
                            try await client.send("GET /keys HTTP/1.1\r\nHos")
                            dribblersConnected.continuation.yield()
                            return try await client.rest()
                        }
                    }
                }
                var connected = dribblersConnected.stream.makeAsyncIterator()
                for _ in 0..<20 { await connected.next() }
                try await RawClient.with(port: server.port) { client in
                    try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(try await client.response().status == 200)
                    #expect(try await client.response().status == 200)
                }
                for try await heard in group { #expect(heard == "") }
            }
        }
    }

    @Test("close on clients that never finish a body, with 408")
    func slowBody() async throws {
        try await RunningServer.with([echo()], limits: limits { $0.bodySeconds = 1 }) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab")
                #expect(try await client.response().status == 408)
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test("close connections that have been idle")
    func idle() async throws {
        try await RunningServer.with([echo()], ready: [keys], limits: limits { $0.idleSeconds = 1 }) { server in
            for path in ["/keys", "/echo"] {
                try await RawClient.with(port: server.port) { client in
                    try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(try await client.response().status == 200)
                    #expect(try await client.rest() == "")
                }
            }
        }
    }

    @Test("of connections make further ones wait, not fail")
    func connections() async throws {
        try await RunningServer.with(ready: [keys], limits: limits { $0.connections = 2 }) { server in
            let request = "GET /keys HTTP/1.1\r\nHost: a\r\n\r\n"
            try await RawClient.with(port: server.port) { first in
                try await first.send(request)
                #expect(try await first.response().status == 200)
                try await RawClient.with(port: server.port) { second in
                    try await second.send(request)
                    #expect(try await second.response().status == 200)
                }
                // The place of the second is free again, whenever the server notices.
                try await RawClient.with(port: server.port) { third in
                    try await third.send(request)
                    #expect(try await third.response().status == 200)
                }
            }
        }
    }

    @Test("keep no more than the limit of what comes behind a request for another protocol")
    func upgrade() async throws {
        let gate = Gate()
        let waiting = Route([.get], "/wait", audience: .programs) { _ in
            await gate.wait()
            return .text("late")
        }
        try await RunningServer.with([waiting], limits: limits { $0.headerBytes = 2000 }) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /wait HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
                // The decoder reads no request behind this one, and its handler is waiting.
                let bytes = String(repeating: "x", count: 64 << 10)
                do { for _ in 0..<16 { try await client.send(bytes) } } catch {
                    // Closed meanwhile: that is what is wanted.
                }
                #expect(try await client.rest() == "")
            }
            await gate.open()
        }
    }
}
