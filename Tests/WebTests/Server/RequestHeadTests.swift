import Bytes
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import Testing

@testable import Web

@Suite("The head of a request") struct RequestHeadTests {
    private static func head(
        _ uri: String = "/", _ fields: [(String, String)] = [("Host", "a.test")], version: HTTPVersion = .http1_1,
        method: HTTPMethod = .GET
    ) throws -> RequestHead {
        try RequestHead(
            HTTPRequestHead(version: version, method: method, uri: uri, headers: HTTPHeaders(fields)), limits: ServerLimits())
    }

    @Test(
        "is refused if Host is no authority",
        arguments: [
            "", "a.test, b.test", "a.test..", "a.test.", ".a.test", "a..test", "[::1", "a.test\\x", "a.test%2f", "a.test/x",
            "a.test?x",
            "a.test:", "a.test:?", "a.test:80?x", "a.test:080", "a.test:99999", "a.test:+80", "user@a.test", "a test", "a.test#",
            "ä.test",
            "a.te\u{212A}t", "[::1]x", "[fe80::1%25eth0]", "a\u{301}.test", "a.test;", "a.test\u{37E}",
        ], [HTTPVersion.http1_0, .http1_1, .http2])
    func host(host: String, version: HTTPVersion) {
        #expect(throws: RequestRejection.self) { try Self.head("/", [("Host", host)], version: version) }
    }

    @Test(
        "tells whom the request is for",
        arguments: [
            ("/", "A.Test", "a.test"), ("/x", "a.test:8080", "a.test:8080"), ("/", "[::1]:1", "[::1]:1"),
            ("/", "127.0.0.1", "127.0.0.1"),
            ("http://a.test/x", "a.test", "a.test"), ("http://A.TEST:80/x", "a.test", "a.test"),
            ("https://a.test?x", "a.test:443", "a.test:443"),
        ])
    func authority(uri: String, host: String, authority: String) throws {
        #expect(try Self.head(uri, [("Host", host)]).authority?.text == authority)
    }

    @Test(
        "is refused if the target names another host, or none",
        arguments: [
            "http://b.test/", "http://a.test:8080/", "https://a.test:80/", "http://a.test./", "http:///x", "http://", "http://?x",
            "http://a.test\\@b.test/", "http://x@a.test/", "http://a.test%2f/", "HTTP://a.test/", "ftp://a.test/",
            "//a.test\u{301}/",
        ])
    func target(uri: String) {
        #expect(throws: RequestRejection.self) { try Self.head(uri) }
    }

    @Test func `may leave out Host in HTTP/1.0 alone`() throws {
        #expect(try Self.head("/", [], version: .http1_0).authority == nil)
        #expect(try Self.head("http://a.test/", [], version: .http1_0).authority?.text == "a.test")
        #expect(throws: RequestRejection.self) { try Self.head("/", []) }
        #expect(throws: RequestRejection.self) { try Self.head("/", [], version: .http2) }
        #expect(throws: RequestRejection.self) { try Self.head("http://a.test/", version: .http2) }
    }

    @Test(
        "is refused if its target holds what must be escaped",
        arguments: ["/\u{E4}", "/\u{301}", "/a\u{212A}", "/a b", "/a#b", "/\u{7F}", "/a?\u{37E}", "/\u{0}", "x", ""])
    func raw(uri: String) {
        #expect(throws: RequestRejection.self) { try Self.head(uri) }
    }

    @Test(
        "is refused if its length or coding is written in an odd way",
        arguments: [
            ("Content-Length", "00003"), ("Content-Length", "+3"), ("Content-Length", "3, 3"), ("Content-Length", ""),
            ("Content-Length", "3\u{301}"), ("Transfer-Encoding", "gzip, chunked"), ("Transfer-Encoding", "chunked, chunked"),
            ("Transfer-Encoding", "chun\u{212A}ed"), ("Transfer-Encoding", ""), ("Transfer-Encoding", "identity"),
        ])
    func framing(name: String, value: String) {
        #expect(throws: RequestRejection.self) { try Self.head("/", [("Host", "a"), (name, value)], method: .POST) }
    }

    @Test(
        "of HTTP/2 has one host",
        arguments: [
            ("a.test", ["a.test"], ["a.test"]), ("a.test", ["A.test"], ["a.test"]), ("a.test", [], ["a.test"]),
            ("a.test", ["b.test"], ["b.test", "a.test"]), ("a.test", ["a.test", "a.test"], ["a.test", "a.test", "a.test"]),
            ("a.test", ["a.test:80"], ["a.test:80", "a.test"]), ("k.test", ["\u{212A}.test"], ["\u{212A}.test", "k.test"]),
        ])
    func hosts(authority: String, hosts: [String], seen: [String]) throws {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([HTTP2AuthorityCheck(), HTTP2FramePayloadToHTTP1ServerCodec()])
        var headers: HPACKHeaders = [":method": "GET", ":scheme": "https", ":authority": authority, ":path": "/"]
        for host in hosts { headers.add(name: "host", value: host) }
        try channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: true)))
        guard case .head(let head)? = try channel.readInbound(as: HTTPServerRequestPart.self) else {
            Issue.record("no head")
            return
        }
        #expect(head.headers["host"].map { Array($0.utf8) } == seen.map { Array($0.utf8) })
        #expect((try? RequestHead(head, limits: ServerLimits())) == nil || seen.count == 1)
    }
}
