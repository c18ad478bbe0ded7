import Foundation
import JOSE
import OpenIDConnect
import Testing
import Upstream

@testable import Connectors

@Suite struct `The OAuth core` {
    private let service = FakeService()

    private func provider(_ change: (inout GenericProvider) -> Void = { _ in }) -> GenericProvider {
        var provider = GenericProvider(
            authorizationURL: "https://p.example/auth", tokenURL: "https://p.example/token",
            userInfoURL: "https://p.example/me")
        change(&provider)
        return provider
    }

    private func connector(_ change: (inout GenericProvider) -> Void = { _ in }) -> OAuthConnector<GenericProvider> {
        service.on("POST https://p.example/token", ["access_token": "at-1", "token_type": "bearer"])
        service.on("GET https://p.example/me", ["id": "jane"])
        return OAuthConnector(testing: provider(change), service)
    }

    @Test func `The browser is sent with everything that RFC 6749 asks for`() async throws {
        let visit = try await FakeBrowser.leave(connector { $0.scopes = ["profile", "groups"] })
        #expect(visit.address == "https://p.example/auth")
        #expect(
            visit.query == [
                "client_id": "app", "response_type": "code", "redirect_uri": FakeBrowser.callback, "scope": "profile groups",
                "state": "the-state",
            ])
    }

    @Test func `A query that an address has already stays`() async throws {
        let connector = connector { $0.authorizationURL = "https://p.example/auth?tenant=1" }
        let visit = try await FakeBrowser.leave(connector)
        #expect(visit.query["tenant"] == "1")
        #expect(visit.query["state"] == "the-state")
    }

    @Test func `A code is bound to us by a challenge, and its verifier shown only to the token endpoint`() async throws {
        let connector = connector { $0.challenge = .sha256 }
        let visit = try await FakeBrowser.leave(connector)
        _ = try await connector.identity(from: FakeBrowser.answer(visit))
        let verifier = try #require(service.requests(to: "https://p.example/token").first?.formFields["code_verifier"])
        #expect(verifier.count == 43)
        #expect(visit.query["code_challenge_method"] == "S256")
        #expect(
            visit.query["code_challenge"] == Base64URL.encode(HashAlgorithm.sha256.hash(Array(verifier.utf8))))
        let other = try await FakeBrowser.leave(connector)
        #expect(other.query["code_challenge"] != visit.query["code_challenge"])
    }

    @Test func `The token endpoint gets the code, and the secret where it wants it`() async throws {
        for (placement, isInHeader) in [(SecretPlacement.header, true), (.form, false), (.headerThenForm, true)] {
            let service = FakeService()
            service.on("POST https://p.example/token", ["access_token": "at-1"])
            service.on("GET https://p.example/me", ["id": "jane"])
            _ = try await FakeBrowser.logIn(OAuthConnector(testing: provider { $0.placement = placement }, service))
            let request = try #require(service.requests.first)
            #expect(request.formFields["code"] == "the-code")
            #expect(request.formFields["grant_type"] == "authorization_code")
            #expect(request.formFields["redirect_uri"] == FakeBrowser.callback)
            #expect(request.formFields["client_secret"] == (isInHeader ? nil : "app-secret"))
            #expect(
                request[header: "Authorization"]
                    == (isInHeader ? "Basic " + Data("app:app-secret".utf8).base64EncodedString() : nil))
            #expect(service.requests.last?[header: "Authorization"] == "Bearer at-1")
        }
    }

    @Test func `A provider that wants the secret in the form gets it there, and is asked so from then on`() async throws {
        let connector = connector()
        service.on("POST https://p.example/token") { request in
            request.formFields["client_secret"] == nil
                ? .json(["error": "invalid_client"], status: 401) : .json(["access_token": "at-1"])
        }
        _ = try await FakeBrowser.logIn(connector)
        #expect(service.requests(to: "https://p.example/token").count == 2)
        _ = try await FakeBrowser.logIn(connector)
        #expect(service.requests(to: "https://p.example/token").count == 3)
    }

    @Test func `Old endpoints that answer with a form are understood`() async throws {
        let connector = connector()
        service.on("POST https://p.example/token") { _ in
            UpstreamResponse(
                status: 200, headers: [.init("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
                body: Array("access_token=a%2Bb+c&token_type=bearer".utf8))
        }
        _ = try await FakeBrowser.logIn(connector)
        #expect(service.requests.last?[header: "Authorization"] == "Bearer a+b c")
    }

    @Test(
        arguments: [
            (200, ["error": "bad_verification_code", "error_description": "expired"], "refused"),
            (400, ["error": "invalid_grant"], "refused"),
            (401, ["error": "invalid_client"], "unavailable"),
            (403, [:], "unavailable"),
            (400, ["error": "invalid_request"], "unavailable"),
            (200, [:], "unavailable"),
            (200, "no object", "unavailable"),
            (302, [:], "unavailable"),
            (429, [:], "unavailable"),
            (503, ["error": "server_error"], "unavailable"),
        ] as [(Int, JSON, String)])
    func `A token endpoint that says no is understood`(status: Int, body: JSON, kind: String) async throws {
        let connector = connector { $0.placement = .form }
        service.on("POST https://p.example/token", body, status: status)
        #expect(await failure { try await FakeBrowser.logIn(connector) }?.kind == kind)
        #expect(service.requests(to: "https://p.example/me").isEmpty)
    }

    @Test(
        arguments: [
            (401, [:], "refused"), (403, [:], "refused"), (403, ["Retry-After": "7"], "unavailable"),
            (403, ["X-RateLimit-Remaining": "0"], "unavailable"), (404, [:], "unavailable"), (302, [:], "unavailable"),
            (429, ["retry-after": "30"], "unavailable"), (500, [:], "unavailable"), (503, [:], "unavailable"),
        ] as [(Int, [String: String], String)])
    func `Only a clear no is held against the person`(status: Int, headers: [String: String], kind: String) async throws {
        let connector = connector()
        service.on("GET https://p.example/me", ["message": "no"], status: status, headers: headers.map { ($0.key, $0.value) })
        let error = await failure { try await FakeBrowser.logIn(connector) }
        #expect(error?.kind == kind)
        #expect(error?.text.contains(String(status)) == true)
        if let wait = headers.first(where: { $0.key.lowercased() == "retry-after" })?.value {
            #expect(error?.text.contains("after \(wait) seconds") == true)
        }
    }

    @Test(arguments: [
        (UpstreamError.unreachable("no"), "unavailable"), (.untrusted("no"), "unavailable"), (.tooLarge("no"), "unavailable"),
        (.forbidden("no"), "unavailable"), (.overloaded, "overloaded"),
    ])
    func `A provider that cannot be asked is nobody's fault`(error: UpstreamError, kind: String) async throws {
        let connector = connector()
        service.on("GET https://p.example/me", failing: error)
        #expect(await failure { try await FakeBrowser.logIn(connector) }?.kind == kind)
    }

    @Test(arguments: [
        ("access_denied", "declined"), ("server_error", "unavailable"), ("temporarily_unavailable", "unavailable"),
        ("invalid_scope", "refused"),
    ])
    func `An error that the browser brings back ends the sign-in`(error: String, kind: String) async throws {
        let connector = connector()
        let visit = try await FakeBrowser.leave(connector)
        let answer = FakeBrowser.answer(visit, [("error", error), ("error_description", "said\nso"), ("code", "the-code")])
        let found = await failure { try await connector.identity(from: answer) }
        #expect(found?.kind == kind)
        #expect(found?.text.contains("\n") == false)
        #expect(service.requests.isEmpty)
    }

    @Test func `An answer without a code, or of a sign-in that did not begin here, asks for nothing`() async throws {
        let connector = connector()
        let visit = try await FakeBrowser.leave(connector)
        let noCode = FakeBrowser.answer(visit, [("state", "the-state")])
        #expect(await failure { try await connector.identity(from: noCode) }?.kind == "refused")
        let foreign = FakeBrowser.answer(.init(address: "", query: [:], memory: []))
        #expect(await failure { try await connector.identity(from: foreign) }?.kind == "refused")
        #expect(service.requests.isEmpty)
    }

    @Test func `What a server repeats of a secret stays out of the log`() async throws {
        let connector = connector { $0.placement = .form }
        service.on("POST https://p.example/token") { request in
            .json(
                [
                    "error": "invalid_request",
                    "error_description": .string(
                        "\(request.formFields["client_secret"] ?? "") \(request.formFields["code"] ?? "")\u{1B}[2J"),
                ], status: 400)
        }
        let text = try #require(await failure { try await FakeBrowser.logIn(connector) }?.text)
        #expect(!text.contains("app-secret"))
        #expect(!text.contains("the-code"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func `A generic provider gives no refresh, as in Dex, and keeps no token`() async throws {
        let connector = connector()
        #expect(!((connector as any Connector) is any RefreshConnector))
        #expect(try await FakeBrowser.logIn(connector, scopes: ["openid", "offline_access"]).connectorData == nil)
    }
}

@Suite struct `Lists in pages` {
    private let service = FakeService()

    private var api: UpstreamAPI {
        UpstreamAPI(exchange: service, failure: UpstreamFailure(service: "P", purpose: .signIn), accessToken: "at")
    }

    @Test func `Links lead from page to page`() async throws {
        service.on(
            "GET https://p.example/list", ["a", "b"],
            headers: [("Link", "<https://p.example/list?page=2>; rel=\"next\", <https://p.example/list?page=9>; rel=\"last\"")])
        service.on(
            "GET https://p.example/list?page=2", ["c"],
            headers: [("link", "<https://p.example/list>; rel=\"first\", <https://p.example/list>; rel=\"prev\"")])
        #expect(try await api.elements("https://p.example/list", of: .link).compactMap(\.string) == ["a", "b", "c"])
    }

    @Test(arguments: [
        "https://evil.example/list", "http://p.example/list", "https://p.example:444/list", "https://p.example.evil/",
        "https://p.example@evil.example/", "//evil.example/", "list?page=2",
    ])
    func `A token is never taken to another server`(next: String) async throws {
        service.on("GET https://p.example/list", ["values": [], "next": .string(next)])
        let error = await failure { try await api.elements("https://p.example/list", of: .member("next", list: "values")) }
        #expect(error?.kind == "unavailable")
        #expect(service.requests.count == 1)
    }

    @Test func `A list without end is an error after a hundred pages`() async throws {
        service.on("GET https://p.example/list", ["values": ["a"], "next": "https://p.example/list?again"])
        let error = await failure { try await api.elements("https://p.example/list", of: .member("next", list: "values")) }
        #expect(error?.kind == "unavailable")
        #expect(service.requests.count == 100)
    }

    @Test func `A list of too many is an error`() async throws {
        service.on(
            "GET https://p.example/list",
            ["values": .array(Array(repeating: "a", count: 6000)), "next": "https://p.example/list?2"])
        let error = await failure { try await api.elements("https://p.example/list", of: .member("next", list: "values")) }
        #expect(error?.kind == "unavailable")
        #expect(service.requests.count == 2)
    }
}

@Suite struct `Numbers as Go writes them` {
    /// What `fmt.Sprintf("%v", …)` of Go 1.24 printed for numbers that `encoding/json` had read.
    @Test(
        arguments: [
            (0, "0"), (42, "42"), (-7, "-7"), (1000, "1000"), (123_456, "123456"), (999_999, "999999"), (1_000_000, "1e+06"),
            (1_234_567, "1.234567e+06"), (12_345_678, "1.2345678e+07"), (9_007_199_254_740_993, "9.007199254740992e+15"),
            (20_000_000, "2e+07"), (1e20, "1e+20"), (1e21, "1e+21"), (123456789012345678901234567890, "1.2345678901234568e+29"),
            (0.5, "0.5"), (0.0001, "0.0001"), (0.00001234, "1.234e-05"), (1.5e300, "1.5e+300"), (1_000_000.5, "1.0000005e+06"),
            (12.25, "12.25"), (100, "100"),
        ] as [(Double, String)])
    func `are the same bytes`(number: Double, text: String) {
        #expect(GoNumber.text(number) == text)
    }
}

@Suite struct `Tokens between refreshes` {
    private let tokens = OAuthTokens(
        accessToken: "a", tokenType: "bearer", refreshToken: "r", expiry: Date(timeIntervalSince1970: 1_786_000_000))

    @Test func `are kept in Dex's form`() {
        let never = OAuthTokens(accessToken: "a")
        let cases: [(TokenMemory, OAuthTokens, String)] = [
            (.accessToken, tokens, #"{"accessToken":"a"}"#),
            (.accessAndRefreshToken, tokens, #"{"accessToken":"a","refreshToken":"r"}"#),
            (
                .withExpiry(omitsEmpty: false), tokens,
                #"{"accessToken":"a","refreshToken":"r","expiry":"2026-08-06T07:06:40Z"}"#
            ),
            (.withExpiry(omitsEmpty: true), never, #"{"accessToken":"a","expiry":"0001-01-01T00:00:00Z"}"#),
            (
                .withExpiry(omitsEmpty: false), never,
                #"{"accessToken":"a","refreshToken":"","expiry":"0001-01-01T00:00:00Z"}"#
            ),
            (
                .tokenAnswer, tokens,
                #"{"access_token":"a","token_type":"bearer","refresh_token":"r","expiry":"2026-08-06T07:06:40Z"}"#
            ),
            (.tokenAnswer, never, #"{"access_token":"a"}"#),
            (.refreshToken, tokens, "r"),
        ]
        for (memory, tokens, text) in cases {
            #expect(String(decoding: memory.bytes(tokens), as: UTF8.self) == text)
        }
    }

    @Test func `are read as Dex has written them`() {
        let memory = TokenMemory.withExpiry(omitsEmpty: true)
        let read = { (text: String) in memory.tokens(Array(text.utf8)) }
        let expiry = Date(timeIntervalSince1970: 1_786_022_064)
        #expect(read(#"{"accessToken":"a","expiry":"2026-08-06T13:14:24.123456789Z"}"#)?.expiry == expiry)
        #expect(read(#"{"accessToken":"a","expiry":"2026-08-06T15:14:24.123456789+02:00"}"#)?.expiry == expiry)
        #expect(read(#"{"accessToken":"a","expiry":"2026-08-06T15:14:24+02:00"}"#)?.expiry == expiry)
        #expect(read(#"{"accessToken":"a","refreshToken":"","expiry":"0001-01-01T00:00:00Z"}"#) == OAuthTokens(accessToken: "a"))
        #expect(read(#"{"AccessToken":1}"#) == nil)
        #expect(read("") == nil)
        #expect(TokenMemory.refreshToken.tokens([]) == nil)
        #expect(TokenMemory.refreshToken.tokens(Array("r".utf8))?.refreshToken == "r")
    }
}
