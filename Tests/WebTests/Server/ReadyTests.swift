import HTTPTypes
import Testing

@testable import Web

@Suite("Ready answers", .timeLimit(.minutes(1)))
struct ReadyTests {
    @Test("carry the fields of all answers, and are counted")
    func fields() async throws {
        try await RunningServer.with(ready: [keys], clock: WallClock { 784_111_777_042 }) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\n\r\nGET /keys?x HTTP/1.1\r\nHost: a\r\n\r\n")
                let direct = try await client.response()
                let longWay = try await client.response()
                #expect(direct == longWay)
                #expect(direct.fields["date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
                #expect(direct.fields["x-content-type-options"] == "nosniff")
                #expect(direct.fields["cache-control"] == "no-store")
                #expect(server.metrics.render().contains(#"http_requests_total{code="200",method="get",handler="/keys"} 2"#))
            }
        }
    }

    @Test(
        "are not sent again to whom they are known",
        arguments: [
            ("\"v1\"", 304), ("W/\"v1\"", 304), ("\"x\", \"v1\"", 304), ("*", 304), ("\"v2\"", 200), ("v1", 200),
        ])
    func conditional(tag: String, status: Int) async throws {
        try await RunningServer.with(ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                for path in ["/keys", "/keys?long"] {
                    try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nIf-None-Match: \(tag)\r\n\r\n")
                    let response = try await client.response(withBody: status == 200)
                    #expect(response.status == status)
                    #expect(response.fields["etag"] == "\"v1\"")
                }
            }
        }
    }

    @Test("are replaced at once on open connections")
    func replaced() async throws {
        try await RunningServer.with(ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().body == "{\"keys\":[]}")
                server.application.ready.replace([ReadyAnswer(path: "/keys", name: "/keys", response: .text("new"))])
                try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\n\r\nGET /keys?x HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().body == "new")
                #expect(try await client.response().body == "new")
                server.application.ready.replace([])
                try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().status == 404)
            }
        }
    }

    @Test("of any size arrive whole", arguments: [0, 1, 8192, 8193, 300_000])
    func sizes(count: Int) async throws {
        let body = Array(repeating: UInt8(ascii: "z"), count: count)
        let answer = ReadyAnswer(path: "/f", name: "/f", response: WebResponse(status: .ok, body: body))
        try await RunningServer.with(ready: [answer]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send(String(repeating: "GET /f HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
                for _ in 0..<3 { #expect(try await client.response().body.utf8.count == count) }
            }
        }
    }

    @Test(
        "obey CORS", arguments: [("https://a.example", "https://a.example"), ("https://b.example", nil)] as [(String, String?)])
    func crossOrigin(origin: String, allowed: String?) async throws {
        let rule = CrossOriginRule(allowedOrigins: ["https://a.example"])
        try await RunningServer.with([echo([.post], "/token", cors: true)], ready: [keys], crossOrigin: rule) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\nOrigin: \(origin)\r\n\r\n")
                let response = try await client.response()
                #expect(response.fields["access-control-allow-origin"] == allowed)
                #expect(response.fields["vary"] == "Origin")
                for path in ["/keys", "/token"] {
                    try await client.send(
                        "OPTIONS \(path) HTTP/1.1\r\nHost: a\r\nOrigin: \(origin)\r\nAccess-Control-Request-Method: POST\r\n\r\n")
                    let preflight = try await client.response()
                    #expect(preflight.status == 204)
                    #expect(preflight.fields["access-control-allow-origin"] == allowed)
                }
                // Caches must tell answers apart that differ by origin only.
                try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().fields["vary"] == "Origin")
                try await client.send("POST /keys HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
                #expect(try await client.response().status == 405)
            }
        }
    }

    @Test("for bearers are given to known tokens only, until cleared")
    func bearers() async throws {
        let verify = Route(nil, "/userinfo", audience: .programs) { _ in .text("long way", status: .unauthorized) }
        try await RunningServer.with([verify]) { server in
            server.bearer.insert("token-1", body: Array("{\"sub\":\"1\"}".utf8), expires: .max, since: server.bearer.epoch)
            try await RawClient.with(port: server.port) { client in
                let request = { (value: String) in "GET /userinfo HTTP/1.1\r\nHost: a\r\nAuthorization: \(value)\r\n\r\n" }
                for value in ["Bearer token-1", "bearer token-1"] {
                    try await client.send(request(value))
                    let response = try await client.response()
                    #expect(response.body == "{\"sub\":\"1\"}")
                    #expect(response.fields["content-type"] == "application/json")
                    #expect(response.fields["cache-control"] == "no-store")
                }
                for value in ["Bearer token-2", "Bearer token-1 ", "Basic token-1", "Bearer  token-1"] {
                    try await client.send(request(value))
                    #expect(try await client.response().body == "long way")
                }
                server.bearer.clear()
                try await client.send(request("Bearer token-1"))
                #expect(try await client.response().status == 401)
            }
        }
    }
}

@Suite("The answers to bearers")
struct BearerAnswersTests {
    private let now = TestClock()

    @Test("expire")
    func expiry() {
        let answers = BearerAnswers(clock: now.clock)
        answers.insert("a", body: [1], expires: 100, since: answers.epoch)
        answers.insert("late", body: [1], expires: 0, since: answers.epoch)
        #expect(answers.body(for: "a") == [1])
        #expect(answers.body(for: "late") == nil)
        now.set(seconds: 100)
        #expect(answers.body(for: "a") == nil)
    }

    @Test("are not kept when something was revoked during verification")
    func raced() {
        let answers = BearerAnswers(clock: now.clock)
        let epoch = answers.epoch
        answers.clear()
        answers.insert("a", body: [1], expires: 100, since: epoch)
        #expect(answers.body(for: "a") == nil)
    }

    @Test("give way to newer ones, by count and by bytes")
    func bounded() {
        let few = BearerAnswers(countLimit: 2, byteLimit: 1000, clock: now.clock)
        for token in ["a", "b", "a", "c"] { few.insert(token, body: [1], expires: 100, since: few.epoch) }
        #expect(few.body(for: "b") == nil)
        #expect(few.body(for: "a") == [1])
        #expect(few.body(for: "c") == [1])
        let small = BearerAnswers(countLimit: 1000, byteLimit: 6 * 35, clock: now.clock)
        for number in 0..<1000 { small.insert("t\(number % 10)", body: [1, 2, 3], expires: 100, since: small.epoch) }
        #expect(small.count == 6)
        small.insert("big", body: Array(repeating: 0, count: 200), expires: 100, since: small.epoch)
        #expect(small.body(for: "big") == nil)
        #expect(small.count == 6)
    }
}
