import Foundation
import JOSE
import Persistence
import Testing

@testable import OpenIDConnect

/// One request that cannot be answered without the store.
private struct Request: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let failing: FaultyStore.Operation
    /// Makes all that is needed while the store still works; what it returns asks, and tells whether the answer was an error of
    /// the server.
    let prepare: @Sendable (TestProvider) async throws -> @Sendable () async throws -> Bool

    init(
        _ name: String, _ failing: FaultyStore.Operation,
        _ prepare: @escaping @Sendable (TestProvider) async throws -> @Sendable () async throws -> Bool
    ) {
        testDescription = name
        self.failing = failing
        self.prepare = prepare
    }

    static func isServerError(_ body: () async throws(OAuthError) -> Void) async -> Bool {
        do throws(OAuthError) {
            try await body()
            return false
        } catch { return error.code == .serverError || error.code == .temporarilyUnavailable }
    }

    static func isFailure(_ outcome: SignInOutcome) -> Bool {
        switch outcome.next {
        case .refuse(let error): error.kind == .failed || error.kind == .unavailable
        case .answer(let response): response["error"] == "server_error" || response["error"] == "temporarily_unavailable"
        default: false
        }
    }

    static func isFailure(_ answer: LogoutAnswer) -> Bool {
        if case .refuse(let error) = answer.outcome { error.kind == .failed || error.kind == .unavailable } else { false }
    }

    static func credentials(_ more: [(name: String, value: String)]) -> TokenRequest {
        TokenRequest(parameters: RequestParameters(more + TestProvider.credentials(TestProvider.app)), authorization: nil)
    }

    static func logout(_ provider: TestProvider, _ parameters: [(name: String, value: String)]) async -> LogoutAnswer {
        await LogoutFlow(provider.parts).begin(
            RequestParameters(parameters), isPost: false,
            browser: LogoutBrowser(binding: provider.browser, logins: nil, departure: nil))
    }

    static let all: [Request] = [
        Request("/auth: the client", .readClients) { provider in
            { isFailure(await SignInFlow(provider.parts).begin(provider.authorization())) }
        },
        Request("/auth: another client as audience", .readClients) { provider in
            // A client of the configuration, so that only its peer is looked for in the store.
            provider.clients.replaceStatic([TestProvider.app])
            let parameters = provider.authorization(scope: "openid audience:server:client_id:other")
            return {
                isFailure(await SignInFlow(provider.parts).begin(parameters, connectorID: "local", browser: provider.browser))
            }
        },
        Request("/auth/{connector}/login: the client", .readClients) { provider in
            let state = try await provider.begin()
            return { isFailure(await provider.submit(state)) }
        },
        Request("/auth/{connector}/login: whether it has been answered", .readUses) { provider in
            let state = try await provider.begin()
            return { isFailure(await provider.submit(state)) }
        },
        Request("/auth/{connector}/login: the code", .writeCodes) { provider in
            let state = try await provider.begin()
            return { isFailure(await provider.submit(state)) }
        },
        Request("/token: the client", .readClients) { provider in
            { await isServerError { () throws(OAuthError) in _ = try await provider.redeem("x") } }
        },
        Request("/token: the code", .readCodes) { provider in
            { await isServerError { () throws(OAuthError) in _ = try await provider.redeem("x") } }
        },
        Request("/token: the code is redeemed", .redeem) { provider in
            let code = try await provider.code()
            return { await isServerError { () throws(OAuthError) in _ = try await provider.redeem(code) } }
        },
        Request("/token: the refresh grant is found", .readGrants) { provider in
            let token = try await provider.tokens().refreshToken
            return { await isServerError { () throws(OAuthError) in _ = try await provider.refresh(token) } }
        },
        Request("/token: the refresh token is rotated", .writeGrants) { provider in
            let token = try await provider.tokens().refreshToken
            return { await isServerError { () throws(OAuthError) in _ = try await provider.refresh(token) } }
        },
        Request("/token: a refresh grant by password", .writeGrants) { provider in
            { await isServerError { () throws(OAuthError) in _ = try await provider.tokens() } }
        },
        Request("/token/introspect: the client", .readClients) { provider in
            {
                await isServerError { () throws(OAuthError) in
                    _ = try await Introspection(provider.parts).answer(credentials([("token", "x")]))
                }
            }
        },
        Request("/token/introspect: the refresh grant", .readGrants) { provider in
            let token = try await provider.tokens().refreshToken ?? ""
            return {
                await isServerError { () throws(OAuthError) in
                    _ = try await Introspection(provider.parts).answer(credentials([("token", token)]))
                }
            }
        },
        Request("/token/revoke: the client", .readClients) { provider in
            {
                await isServerError { () throws(OAuthError) in
                    try await TokenRevocation(provider.parts).revoke(credentials([("token", "x")]))
                }
            }
        },
        Request("/token/revoke: the refresh grant is found", .readGrants) { provider in
            let token = try await provider.tokens().refreshToken ?? ""
            return {
                await isServerError { () throws(OAuthError) in
                    try await TokenRevocation(provider.parts).revoke(credentials([("token", token)]))
                }
            }
        },
        Request("/token/revoke: it is written", .revoke) { provider in
            let token = try await provider.tokens().accessToken
            return {
                let isRefused = await isServerError { () throws(OAuthError) in
                    try await TokenRevocation(provider.parts).revoke(credentials([("token", token)]))
                }
                // What is to end ends here at least.
                let isStillGood = await provider.isAccepted(token)
                return isRefused && !isStillGood
            }
        },
        Request("/userinfo: the client", .readClients) { provider in
            let token = try await provider.tokens().accessToken
            return {
                do throws(BearerError) {
                    _ = try await UserInfo(provider.parts).answer(authorization: "Bearer " + token, form: nil)
                    return false
                } catch { return error == .unavailable }
            }
        },
        Request("/logout: the client", .readClients) { provider in
            { isFailure(await logout(provider, [("client_id", "app")])) }
        },
        Request("/logout: the grants are found", .readGrants) { provider in
            let hint = try await provider.tokens().idToken ?? ""
            return { isFailure(await logout(provider, [("id_token_hint", hint)])) }
        },
        Request("/logout: the grants are ended", .revoke) { provider in
            let hint = try await provider.tokens().idToken ?? ""
            return { isFailure(await logout(provider, [("id_token_hint", hint)])) }
        },
    ]
}

@Suite("Where the store fails") struct StoreFailureTests {
    @Test("the operator is told, once, and the caller that something failed", arguments: Request.all)
    private func told(request: Request) async throws {
        for error in [StoreError.diskFull("/data: no space left"), .overloaded, .busy("/data")] {
            let provider = try await TestProvider(clients: [])
            for client in [TestProvider.app, TestProvider.other] { try await provider.store.insert(client) }
            let ask = try await request.prepare(provider)
            let before = provider.log.events.count
            provider.faults.set(failing: [request.failing], with: error)
            #expect(try await ask(), "no error of the server for \(error)")
            let failures = provider.log.events[before...].compactMap { event in
                if case .storeFailed(let failure, let doing) = event { (failure, doing) } else { nil }
            }
            #expect(failures.count == 1, "\(failures)")
            #expect(failures.first?.0 == error)
            #expect(failures.first?.1.isEmpty == false)
        }
    }

    @Test("a client's assertion is not taken, and the operator is told")
    func assertion() async throws {
        let provider = try await TestProvider(clients: [
            Client(id: "app", secret: .plain("a secret of thirty-two bytes or so"), name: "", authenticationMethod: .secretJWT)
        ])
        provider.faults.set(failing: [.use])
        let before = provider.log.events.count
        let claims: JSONObject = [
            "iss": "app", "sub": "app", "aud": .string(TestProvider.issuer), "jti": "one",
            "exp": .integer(Int64(provider.clock.now.timeIntervalSince1970) + 60),
        ]
        let assertion = try JWS.sign(
            payload: JSON.object(claims).serialized(), secret: Array("a secret of thirty-two bytes or so".utf8), algorithm: .HS256
        )
        await #expect(throws: OAuthError.self) {
            try await provider.parts.clientAuthentication.authenticate(
                authorization: nil,
                parameters: RequestParameters([
                    ("client_assertion", assertion),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ]))
        }
        #expect(provider.log.events.count == before + 1)
        guard case .storeFailed? = provider.log.events.last else {
            Issue.record("\(provider.log.events)")
            return
        }
    }
}
