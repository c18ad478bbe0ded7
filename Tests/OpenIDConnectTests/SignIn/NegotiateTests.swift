import JOSE
import Synchronization
import Testing

@testable import OpenIDConnect

/// Jane's browser has a ticket, `[1]`; her password is as good where passwords are taken.
private final class TicketConnector: NegotiateConnector, PasswordChangeConnector {
    struct State {
        var negotiation = Negotiation.beforePassword
        var problem: ConnectorError?
        var reply: [UInt8] = [7]
        var scopes: [String] = []
        var tickets = 0
        var passwords = 0
    }

    let state = Mutex(State())

    var usernamePrompt: UsernamePrompt { .username }
    var negotiation: Negotiation { state.withLock { $0.negotiation } }

    func identity(negotiating token: [UInt8], scopes: [String]) async throws(ConnectorError) -> NegotiatedIdentity {
        let (problem, reply) = state.withLock { state in
            state.tickets += 1
            state.scopes = scopes
            return (state.problem, state.reply)
        }
        if let problem { throw problem }
        guard token == [1] else { throw .refused("no ticket") }
        return NegotiatedIdentity(ConnectorIdentity(identity: TestProvider.identity, methods: ["wia"]), reply: reply)
    }

    func authenticate(username: String, password: String, scopes: [String]) async throws(ConnectorError) -> ConnectorIdentity? {
        state.withLock { $0.passwords += 1 }
        if password == "expired" { throw .denied(.mustChangePassword, "it has expired") }
        return ConnectorIdentity(identity: TestProvider.identity, methods: ["pwd"])
    }

    func changePassword(username: String, from old: String, to new: String) async throws(ConnectorError) -> PasswordChange {
        state.withLock { $0.passwords += 1 }
        return .changed
    }
}

@Suite("A login by a ticket") struct NegotiateTests {
    private let provider: TestProvider
    private let connector = TicketConnector()
    private let flow: SignInFlow
    private let state: String

    init() async throws {
        provider = try await TestProvider { $0.skipsApproval = false }
        provider.parts.connectors.replace([
            .init(id: "ldap", name: "LDAP", type: "ldap", connector: connector),
            .init(id: "other", name: "Other", type: "ldap", connector: connector),
        ])
        flow = SignInFlow(provider.parts)
        let begun = await flow.begin(provider.authorization(), connectorID: "ldap", browser: provider.browser)
        guard case .ask(.password, let state, _) = begun else { throw Unexpected(begun) }
        self.state = state
    }

    private func visit(
        _ token: [UInt8]?, state: String? = nil, connectorID: String = "ldap",
        browser: BrowserBinding? = BrowserBinding(secret: "a browser's secret")
    ) async -> SignInOutcome {
        await flow.form(connectorID: connectorID, state: state ?? self.state, browser: browser, token: token)
    }

    private func expectRefusal(_ outcome: SignInOutcome, _ kind: PageError.Kind) throws {
        guard case .refuse(let error) = outcome else { throw Unexpected(outcome) }
        #expect(error.kind == kind)
    }

    private func expect(_ outcome: SignInOutcome, _ isExpected: (SignInOutcome) -> Bool) throws {
        guard isExpected(outcome) else { throw Unexpected(outcome) }
    }

    private var ticketsSeen: Int { connector.state.withLock { $0.tickets } }
    private var passwordsSeen: Int { connector.state.withLock { $0.passwords } }

    /// The state of the page that asks for consent, after a good ticket.
    private func consentState() async throws -> String {
        let outcome = await visit([1])
        guard case .remember(_, then: .negotiated(.ask(.consent, let state, _), _)) = outcome else { throw Unexpected(outcome) }
        return state
    }

    @Test func `It is asked for with the form for a password, or without one where only tickets count`() async throws {
        try expect(await visit(nil)) {
            if case .challenge(.password("ldap", .username, "App", _, _)?, _) = $0 { true } else { false }
        }
        connector.state.withLock { $0.negotiation = .only }
        try expect(await visit(nil)) { if case .challenge(nil, _) = $0 { true } else { false } }
        #expect(ticketsSeen == 0)
    }

    @Test func `It is neither asked for nor taken where it is switched off`() async throws {
        connector.state.withLock { $0.negotiation = .off }
        for token in [nil, [1]] as [[UInt8]?] {
            try expect(await visit(token)) { if case .ask(.password, _, _) = $0 { true } else { false } }
        }
        #expect(ticketsSeen == 0)
    }

    @Test func `A good one is a login that the browser remembers, and it gets the reply`() async throws {
        let outcome = await visit([1])
        guard case .remember(let login, then: .negotiated(.ask(.consent, _, _), reply: [7])) = outcome else {
            throw Unexpected(outcome)
        }
        #expect(login.userID == TestProvider.identity.userID && login.connectorID == "ldap" && login.clientID == "app")
        let logins = provider.log.events.filter {
            if case .loginSucceeded("ldap", TestProvider.identity, "app") = $0 { true } else { false }
        }
        #expect(logins.count == 1)
    }

    @Test func `Without a reply there is nothing to prove to the browser`() async throws {
        connector.state.withLock { $0.reply = [] }
        try expect(await visit([1])) { if case .remember(_, then: .ask(.consent, _, _)) = $0 { true } else { false } }
    }

    @Test func `What was asked for and proven is in the tokens`() async throws {
        let outcome = await flow.consent(approved: true, state: try await consentState(), browser: provider.browser)
        guard case .answer(let response) = outcome, let code = response["code"] else { throw Unexpected(outcome) }
        let token = try #require(try await provider.redeem(code).idToken)
        let payload = try JSON(parsing: try Base64URL.decode(String(token.split(separator: ".")[1])))
        #expect(payload["amr"]?.array?.map(\.string) == ["wia"])
        #expect(connector.state.withLock { $0.scopes } == ["openid", "offline_access"])
    }

    @Test func `One that is no good leads to the form, or to a page where only tickets count`() async throws {
        try expect(await visit([0])) { if case .ask(.password, _, _) = $0 { true } else { false } }
        connector.state.withLock { $0.negotiation = .only }
        try expectRefusal(await visit([0]), .forbidden)
        let failures = provider.log.events.filter {
            if case .loginFailed("ldap", "", "app", .refused, "no ticket") = $0 { true } else { false }
        }
        #expect(failures.count == 2)
    }

    @Test(
        "Who was recognized and may not come in, or cannot be asked about, gets no form",
        arguments: [
            (ConnectorError.denied(.accountDisabled, ""), PageError.Kind.forbidden), (.gone(""), .forbidden),
            (.unavailable(""), .failed), (.overloaded, .unavailable),
        ])
    func noForm(_ problem: ConnectorError, _ kind: PageError.Kind) async throws {
        connector.state.withLock { $0.problem = problem }
        try expectRefusal(await visit([1]), kind)
    }

    @Test func `It belongs to the browser that began, to its connector, and to the time of a sign-in`() async throws {
        for browser in [BrowserBinding(secret: "another's"), nil] {
            for token in [nil, [1]] as [[UInt8]?] { try expectRefusal(await visit(token, browser: browser), .invalid) }
        }
        try expectRefusal(await visit([1], connectorID: "other"), .invalid)
        try expectRefusal(await visit([1], state: "made up"), .invalid)
        provider.clock.advance(provider.parts.settings.signInLifetime.timeInterval)
        try expectRefusal(await visit([1]), .invalid)
        #expect(ticketsSeen == 0)
    }

    @Test func `Who is known already is not asked again, and no other ticket counts`() async throws {
        let state = try await consentState()
        for token in [nil, [1]] as [[UInt8]?] {
            try expect(await visit(token, state: state)) { if case .ask(.consent, _, _) = $0 { true } else { false } }
        }
        #expect(ticketsSeen == 1)
    }

    @Test func `Where only tickets count no password is taken`() async throws {
        let submit = { password in
            await flow.submit(
                username: "jane", password: password, connectorID: "ldap", state: state, browser: provider.browser)
        }
        let form = await submit("expired")
        guard case .ask(.newPassword, let expired, _) = form else { throw Unexpected(form) }
        connector.state.withLock { $0.negotiation = .only }
        try expectRefusal(await submit("right"), .forbidden)
        // Nor by a form that was shown before a reload.
        let change = await flow.changePassword(
            from: "expired", to: "new", repeated: "new", connectorID: "ldap", state: expired, browser: provider.browser)
        try expectRefusal(change, .forbidden)
        #expect(passwordsSeen == 1)
    }
}
