import Bytes
import Testing

@testable import Upstream

private func client(_ change: (inout UpstreamSettings) -> Void = { _ in }) -> UpstreamClient {
    var settings = UpstreamSettings()
    change(&settings)
    return UpstreamClient(settings)
}

/// What comes of a request: its status, or the error.
private func outcome(_ client: UpstreamClient, _ request: UpstreamRequest) async -> Result<Int, UpstreamError> {
    do throws(UpstreamError) { return .success(try await client.send(request).status) } catch { return .failure(error) }
}

@Suite struct UpstreamClientTests {
    @Test func `A request arrives as it was written, and its answer comes back`() async throws {
        let server = try await ScriptedServer { _, _ in ScriptedServer.ok("hello", head: "X-Word: yes\r\n") }
        let answer = try await client().send(
            UpstreamRequest(
                .post, "http://127.0.0.1:\(server.port)/a?b=c", headers: [.init("Authorization", "Basic x")],
                body: Array("f=g".utf8)))
        #expect(answer.body == Array("hello".utf8) && answer[header: "x-word"] == "yes")
        let text = try #require(server.texts.first)
        #expect(text.hasPrefix("POST /a?b=c HTTP/1.1\r\n") && text.lowercased().contains("authorization: basic x\r\n"))
        #expect(text.lowercased().contains("user-agent: dextra\r\n") && text.hasSuffix("\r\n\r\nf=g"))
        await server.stop()
    }

    @Test func `A redirect is an answer and is not followed`() async throws {
        let server = try await ScriptedServer { _, _ in
            .text("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(await outcome(client(), .init(.get, "http://127.0.0.1:\(server.port)/")) == .success(302))
        #expect(server.count == 1)
        await server.stop()
    }

    @Test func `Reading is tried once more when the connection broke before an answer`() async throws {
        let server = try await ScriptedServer { number, _ in number == 0 ? .close : ScriptedServer.ok("second") }
        #expect(await outcome(client(), .init(.get, "http://127.0.0.1:\(server.port)/")) == .success(200))
        #expect(server.count == 2)
        await server.stop()
    }

    @Test func `Reading is tried no third time, and anything else no second time`() async throws {
        let server = try await ScriptedServer { _, _ in .close }
        let url = "http://127.0.0.1:\(server.port)/x"
        let broken = UpstreamError.unreachable("\(url): the connection was closed before there was an answer")
        #expect(await outcome(client(), .init(.get, url + "?code=secret")) == .failure(broken))
        #expect(server.count == 2)
        #expect(await outcome(client(), .init(.post, url, body: [1])) == .failure(broken))
        #expect(server.count == 3)
        await server.stop()
    }

    @Test(arguments: [ScriptedServer.Answer.stall, .drip])
    func `Nobody is waited for when the life is over`(_ answer: ScriptedServer.Answer) async throws {
        let server = try await ScriptedServer { _, _ in answer }
        let life = UpstreamLife()
        let client = client { settings in
            settings.life = life
            settings.deadline = .seconds(60)
        }
        let url = "http://127.0.0.1:\(server.port)/x"
        let ended = UpstreamError.unreachable("\(url) was not waited for: this provider ends")
        async let result = outcome(client, .init(.get, url + "?code=secret"))
        while server.count == 0 { try await Task.sleep(for: .milliseconds(5)) }
        life.end()
        #expect(await result == .failure(ended))
        #expect(await outcome(client, .init(.get, url)) == .failure(ended), "and nobody is asked later")
        #expect(client.requestsInFlight == 0)
        await server.stop()
    }

    @Test(arguments: [ScriptedServer.Answer.stall, .drip])
    func `The deadline holds for the whole answer, without a word of the query in the error`(
        _ answer: ScriptedServer.Answer
    ) async throws {
        let server = try await ScriptedServer { _, _ in answer }
        let client = client { $0.deadline = .milliseconds(300) }
        let clock = ContinuousClock()
        let start = clock.now
        let result = await outcome(client, .init(.get, "http://127.0.0.1:\(server.port)/x?code=secret"))
        // Without it this would take half an hour; a busy machine takes some seconds.
        #expect(clock.now - start < .seconds(60))
        guard case .failure(.unreachable(let text)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(text.contains("/x") && !text.contains("secret"))
        #expect(client.requestsInFlight == 0)
        await server.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + String(repeating: "x", count: 2000),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7D0\r\n" + String(repeating: "x", count: 2000) + "\r\n0\r\n\r\n",
    ])
    func `An answer that is too large is not read`(_ text: String) async throws {
        let server = try await ScriptedServer { _, _ in .text(text) }
        let url = "http://127.0.0.1:\(server.port)/"
        #expect(
            await outcome(client { $0.bodyLimit = 1999 }, .init(.get, url))
                == .failure(.tooLarge("\(url) answered with more than 1999 bytes")))
        #expect(await outcome(client { $0.bodyLimit = 2000 }, .init(.get, url)) == .success(200))
        await server.stop()
    }

    @Test func `One request too many is refused at once`() async throws {
        let server = try await ScriptedServer { _, _ in .stall }
        let client = client {
            $0.requestLimit = 3
            $0.deadline = .seconds(60)
        }
        let request = UpstreamRequest(.get, "http://127.0.0.1:\(server.port)/")
        let stalled = (0..<3).map { _ in Task { await outcome(client, request) } }
        try await eventually { server.count == 3 }
        #expect(await outcome(client, request) == .failure(.overloaded))
        for task in stalled { task.cancel() }
        for task in stalled { #expect(await task.value != .success(200)) }
        #expect(client.requestsInFlight == 0)
        await server.stop()
    }

    @Test func `A server that is down is named`() async throws {
        let server = try await ScriptedServer { _, _ in .close }
        let port = server.port
        await server.stop()
        #expect(
            await outcome(client(), .init(.get, "http://127.0.0.1:\(port)/secret?x"))
                == .failure(.unreachable("http://127.0.0.1:\(port): connection refused")))
    }

    @Test(arguments: ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0:1/"])
    func `Addresses that no provider has are not asked`(_ url: String) async throws {
        guard case .failure(.forbidden) = await outcome(client(), .init(.get, url)) else {
            Issue.record("\(url) was asked")
            return
        }
    }

    @Test func `A name that leads to a forbidden address is noticed before anything is sent`() async throws {
        let server = try await ScriptedServer { _, _ in ScriptedServer.ok("metadata") }
        let request = UpstreamRequest(.get, "http://localhost:\(server.port)/")
        #expect(
            await outcome(UpstreamClient(UpstreamSettings(), isForbidden: { _ in true }), request)
                == .failure(.forbidden("localhost led to an address that no identity provider has")))
        #expect(server.count == 0)
        var allowing = UpstreamSettings()
        allowing.allowsLinkLocal = true
        #expect(await outcome(UpstreamClient(allowing, isForbidden: { _ in true }), request) == .success(200))
        await server.stop()
    }

    @Test func `Plain requests go through the proxy as a whole, with its credentials`() async throws {
        let proxy = try await ScriptedServer { _, _ in ScriptedServer.ok("through") }
        let client = client {
            $0.proxies = ProxyRules(environment: ["HTTP_PROXY": "http://user:pass@127.0.0.1:\(proxy.port)"])
        }
        #expect(await outcome(client, .init(.get, "http://idp.example.com/a")) == .success(200))
        let text = try #require(proxy.texts.first).lowercased()
        #expect(text.contains("host: idp.example.com") && text.contains("proxy-authorization: basic dxnlcjpwyxnz"))
        await proxy.stop()
    }

    @Test func `Encrypted requests ask the proxy for a tunnel`() async throws {
        let proxy = try await ScriptedServer { _, _ in .text("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") }
        let client = client { $0.proxies = ProxyRules(environment: ["HTTPS_PROXY": "127.0.0.1:\(proxy.port)"]) }
        guard case .failure(.unreachable) = await outcome(client, .init(.get, "https://idp.example.com/a")) else {
            Issue.record("no tunnel, and yet an answer")
            return
        }
        #expect(proxy.texts.first?.hasPrefix("CONNECT idp.example.com:443 HTTP/1.1\r\n") == true)
        await proxy.stop()
    }

    @Test func `An authority that is no certificate is named`() async throws {
        let client = client { $0.trust = .system(additional: ["-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"]) }
        #expect(
            await outcome(client, .init(.get, "https://127.0.0.1:1/"))
                == .failure(.untrusted("the certificate authority number 1 is no certificate in PEM")))
    }
}
