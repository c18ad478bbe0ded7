import Persistence
import Testing

@testable import OpenIDConnect

@Suite("What a connector says of somebody") struct ConnectorCallTests {
    private func provider(mapping: IdentityMapping = .none, domains: Set<String> = []) async throws -> TestProvider {
        let provider = try await TestProvider { $0.alwaysShowsConnectors = true }
        provider.parts.connectors.replace([
            .init(id: "local", name: "Email", type: "local", mapping: mapping, connector: provider.connector),
            .init(id: "second", name: "Second", type: "test", emailDomains: domains, connector: TestConnector()),
        ])
        return provider
    }

    @Test("passes the mapping at the login, by form and by password grant, and at each refresh")
    func mapping() async throws {
        let provider = try await provider(mapping: IdentityMapping([.init(.groups, .prefix("corp:"))]))
        let tokens = try await provider.tokens()
        let refreshed = try await provider.refresh(tokens.refreshToken)
        let code = try await provider.redeem(
            try await provider.code(provider.authorization(scope: "openid groups offline_access")))
        let again = try await provider.refresh(code.refreshToken)
        let grants = try await [tokens, refreshed, code, again].asyncMap { try await provider.groups(of: $0) }
        // Once each: what is stored is mapped, and what the connector says at a refresh is mapped anew.
        #expect(grants == Array(repeating: ["corp:staff"], count: 4))
    }

    @Test("is timed, and told with its failure")
    func events() async throws {
        let provider = try await provider()
        let tokens = try await provider.tokens()
        provider.connector.set(problem: .unavailable("no route"))
        _ = try? await provider.refresh(tokens.refreshToken)
        let answers = provider.log.events.compactMap { event -> String? in
            guard case .connectorAnswered(let id, let operation, _, let failure) = event else { return nil }
            return "\(id) \(operation.rawValue) \(failure?.detail ?? "ok")"
        }
        #expect(answers == ["local login ok", "local refresh no route"])
    }

    @Test("why a login was refused is told to the operator, and to the person only what they have a right to know")
    func denial() async throws {
        let provider = try await provider()
        provider.connector.set(problem: .denied(.accountDisabled, "userAccountControl 514"))
        let outcome = await provider.submit(try await provider.begin())
        guard case .refuse(let page) = outcome else { throw Unexpected(outcome) }
        #expect(page.kind == .forbidden && page.message.contains("disabled") && !page.message.contains("514"))
        guard case .loginFailed(_, "jane", _, .denied, "userAccountControl 514")? = provider.log.events.last else {
            Issue.record("\(provider.log.events)")
            return
        }
        await #expect(throws: OAuthError.self) { try await provider.tokens() }
    }

    @Test(
        "an e-mail address leads to the connector of its domain",
        arguments: [
            ("ann@corp.example", "second"), ("ann@CORP.example", "second"), ("ann@sub.corp.example", nil),
            ("corp.example", nil), ("ann@other.example", nil),
        ] as [(String, String?)])
    func home(hint: String, expected: String?) async throws {
        let provider = try await provider(domains: ["corp.example"])
        let outcome = await SignInFlow(provider.parts).begin(provider.authorization([("login_hint", hint)]))
        switch outcome {
        case .proceed(let id): #expect(id == expected)
        case .choose(let choices, _):
            #expect(expected == nil && choices.asksForEmail && choices.email == hint)
        default: throw Unexpected(outcome)
        }
    }

    @Test("a domain leads nowhere that the client may not go")
    func homeOfAnotherClient() async throws {
        var client = TestProvider.app
        client.allowedConnectors = ["local"]
        let provider = try await provider(domains: ["corp.example"])
        provider.clients.replaceStatic([client])
        let outcome = await SignInFlow(provider.parts).begin(provider.authorization([("login_hint", "ann@corp.example")]))
        guard case .choose(let choices, _) = outcome else { throw Unexpected(outcome) }
        #expect(choices.connectors.map(\.id) == ["local"] && !choices.asksForEmail)
    }

    @Test("a sign-in ends with a page when its connector has gone meanwhile")
    func removed() async throws {
        let provider = try await provider()
        let state = try await provider.begin()
        provider.parts.connectors.replace([])
        let outcome = await provider.submit(state)
        guard case .refuse = outcome else { throw Unexpected(outcome) }
    }
}

extension TestProvider {
    fileprivate func groups(of response: TokenResponse) async throws -> [String] {
        guard let id = RefreshToken(parsing: response.refreshToken ?? "")?.grantID else { return [] }
        return try await store.refreshGrant(id: id)?.authentication.identity.groups ?? []
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
