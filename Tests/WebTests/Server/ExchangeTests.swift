import HTTPTypes
import Testing
import Workers

@testable import Web

@Suite("An exchange", .timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test("brings a request to its route and the answer back, on one connection after another request")
    func keepAlive() async throws {
        try await RunningServer.with([echo()]) { server in
            try await RawClient.with(port: server.port) { client in
                for number in 1...3 {
                    try await client.send("POST /echo?n=\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
                    let response = try await client.response()
                    #expect(response.status == 200)
                    #expect(response.body == "POST /echo?n=\(number) body")
                    #expect(response.fields["connection"] == nil)
                    #expect(response.fields["date"]?.hasSuffix(" GMT") == true)
                    #expect(response.fields["cache-control"] == "no-store")
                    #expect(response.fields["x-content-type-options"] == "nosniff")
                }
            }
        }
    }

    @Test("has no white space around the values of its fields")
    func fieldValues() async throws {
        let route = Route([.get], "/x", audience: .programs) { .text("[\($0.headers[.userAgent] ?? "")]") }
        try await RunningServer.with([route]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /x HTTP/1.1\r\nHost: a\r\nUser-Agent: \t a b \t \r\n\r\n")
                #expect(try await client.response().body == "[a b]")
            }
        }
    }

    @Test("takes a chunked body")
    func chunked() async throws {
        try await RunningServer.with([echo()]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                #expect(try await client.response().body == "POST /echo? abcde")
            }
        }
    }

    @Test("answers HEAD with the length of GET and no body, from routes and from prepared bytes")
    func head() async throws {
        try await RunningServer.with([echo([.get])], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response(withBody: false)
                #expect(response.status == 200)
                #expect(response.fields["content-length"] == "12")
                try await client.send("HEAD /keys HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response(withBody: false).fields["content-length"] == "11")
                try await client.send("GET /keys HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                let last = try await client.response()
                #expect(last.body == "{\"keys\":[]}")
                #expect(last.fields["connection"] == "close")
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test(
        "understands the forms of a target",
        arguments: [
            ("GET http://a/echo?a=1 HTTP/1.1", 200, "GET /echo?a=1 "),
            ("GET http://other/echo?a=1 HTTP/1.1", 400, "bad request: the target and Host name different hosts\n"),
            ("GET /echo?a=1?b HTTP/1.1", 200, "GET /echo?a=1?b "),
            ("OPTIONS * HTTP/1.1", 204, ""),
            ("GET /other HTTP/1.1", 404, "404 page not found\n"),
            ("GET /echo/ HTTP/1.1", 404, "404 page not found\n"),
            ("GET http://a HTTP/1.1", 404, "404 page not found\n"),
            (
                "PUT /get HTTP/1.1", 405,
                #"{"error":"invalid_request","error_description":"This address does not take that method."}"#
            ),
            ("PUT /page HTTP/1.1", 405, "405 method not allowed\n"),
        ])
    func targets(line: String, status: Int, body: String) async throws {
        let page = Route([.get], "/page", audience: .people) { _ in .text("a page") }
        try await RunningServer.with([echo(), echo([.get], "/get"), page]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("\(line)\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == status)
                #expect(response.body == body)
                #expect(response.fields["allow"] == (status == 405 ? "GET, HEAD" : nil))
            }
        }
    }

    @Test("waits for 100 Continue only when the body will be taken")
    func expectContinue() async throws {
        try await RunningServer.with([echo()], limits: limits { $0.bodyBytes = 10 }) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await client.response().status == 100)
                try await client.send("abc")
                #expect(try await client.response().body == "POST /echo? abc")
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await client.response().status == 413)
            }
            try await RawClient.with(port: server.port) { client in
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: tea\r\n\r\n")
                #expect(try await client.response().status == 417)
            }
        }
    }

    @Test("with a client that has finished sending is finished")
    func halfClosed() async throws {
        let gate = Gate()
        let route = Route([.get], "/slow", audience: .programs) { _ in
            await gate.wait()
            return .text("done")
        }
        try await RunningServer.with([route]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                client.finish()
                await gate.open()
                #expect(try await client.response().body == "done")
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test("of HTTP/1.0 ends the connection unless asked otherwise")
    func oldVersion() async throws {
        try await RunningServer.with([echo()], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /keys HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try await client.response().fields["connection"] == "keep-alive")
                try await client.send("GET /echo HTTP/1.0\r\n\r\n")
                #expect(try await client.response().fields["connection"] == "close")
                #expect(try await client.rest() == "")
            }
        }
    }

    @Test("whose route fails is answered without a reason, and one too many with 503", arguments: [true, false])
    func failures(people: Bool) async throws {
        struct Secret: Error {}
        let audience: Route.Audience = people ? .people : .programs
        let failing = Route([.get], "/fail", audience: audience) { _ in throw Secret() }
        let full = Route([.get], "/full", audience: audience) { _ in throw WorkerPoolFull(pool: "passwords") }
        try await RunningServer.with([failing, full]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /fail HTTP/1.1\r\nHost: a\r\n\r\nGET /full HTTP/1.1\r\nHost: a\r\n\r\n")
                let failed = try await client.response()
                #expect(failed.status == 500)
                #expect(!failed.body.contains("Secret"))
                #expect(failed.body.contains("\"server_error\"") == !people)
                let busy = try await client.response()
                #expect(busy.status == 503)
                #expect(busy.fields["retry-after"] == "1")
                #expect(busy.body.contains("\"temporarily_unavailable\"") == !people)
            }
        }
    }

    @Test("cannot be split by what a route puts into a field")
    func injection() async throws {
        let route = Route([.get], "/r", audience: .people) { _ in .redirect("https://a.example/\r\nSet-Cookie: x=y\r\n\r\nbody") }
        try await RunningServer.with([route]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /r HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 303)
                #expect(response.fields["set-cookie"] == nil)
            }
        }
    }

    @Test("names its request by itself, or as a trusted proxy did")
    func requestID() async throws {
        let route = Route([.get], "/id", audience: .programs) { .text($0.id) }
        try await RunningServer.with([route]) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /id HTTP/1.1\r\nHost: a\r\nX-Request-Id: from-a-stranger\r\n\r\n")
                let id = try await client.response().body
                #expect(id.utf8.count == 16 && id.allSatisfy(\.isHexDigit))
            }
        }
    }
}

func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
    var limits = ServerLimits()
    change(&limits)
    return limits
}
