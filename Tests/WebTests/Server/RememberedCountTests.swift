import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Web

@Suite("Remembered answers") struct RememberedCountTests {
    private struct Replies: RememberedReplies {
        let replies: [PreparedReply]

        func reply(to head: HTTPRequestHead, peer: String) -> PreparedReply? { replies.first { "/" + $0.name == head.uri } }
    }

    private static func loop(_ names: [String], _ metrics: Metrics) throws -> ReadyLoop {
        let replies = Replies(replies: names.map { PreparedReply(.text("x"), name: $0) })
        let ready = Ready(
            [], bearer: nil, remembered: replies, security: try SecurityHeaders(https: false), crossOrigin: .none,
            metrics: metrics.requests)
        return ReadyLoop(shared: ready, clock: LoopClock(clock: .system))
    }

    private static func head(_ method: HTTPMethod, _ uri: String, host: String = "a") -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: ["Host": host])
    }

    @Test func `are counted under their own names and methods`() throws {
        let metrics = Metrics()
        let loop = try Self.loop(["auth", "check"], metrics)
        let channel = EmbeddedChannel(handler: HTTPResponseEncoder())
        let raw = try channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        for (method, uri, times) in [(HTTPMethod.GET, "/auth", 1), (.GET, "/check", 2), (.POST, "/check", 3)] {
            for _ in 0..<times {
                let choice = try #require(loop.choose(Self.head(method, uri), peer: "", now: .now()))
                loop.write(choice, to: raw, now: .now())
            }
        }
        let text = metrics.render()
        #expect(text.contains(#"http_requests_total{code="200",method="get",handler="auth"} 1"#))
        #expect(text.contains(#"http_requests_total{code="200",method="get",handler="check"} 2"#))
        #expect(text.contains(#"http_requests_total{code="200",method="post",handler="check"} 3"#))
    }

    @Test(
        "are not given where the host is none, or the target names one",
        arguments: [
            ("/auth", "a..test"), ("/auth", ""), ("/auth", "a, b"), ("/auth", "a\u{301}"), ("http://a/auth", "a"), ("*", "a"),
        ])
    func hosts(uri: String, host: String) throws {
        let loop = try Self.loop(["auth", "http://a/auth", "*"], Metrics())
        #expect(loop.choose(Self.head(.GET, uri, host: host), peer: "", now: .now()) == nil)
        #expect(loop.choose(Self.head(.GET, "/auth", host: "a"), peer: "", now: .now()) != nil)
    }
}
