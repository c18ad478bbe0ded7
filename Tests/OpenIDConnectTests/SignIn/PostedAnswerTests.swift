import Foundation
import JOSE
import Testing

@testable import OpenIDConnect

/// Answers with whoever the parameter `who` names.
private struct PostingConnector: PostedAnswerConnector {
    func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        .form(
            action: "https://idp.example/sso", fields: [.init(name: "RelayState", value: try visit.state(remembering: [1, 2]))])
    }

    func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        guard answer.memory == [1, 2] else { throw .refused("nothing remembered") }
        guard let who = answer.parameters["who"] else { throw .refused("nobody") }
        return ConnectorIdentity(
            identity: Identity(userID: who, username: who, email: who + "@example.com", emailVerified: true), methods: [])
    }
}

@Suite("An answer that another site posts") struct PostedAnswerTests {
    private let provider: TestProvider
    private let flow: SignInFlow
    private let relayState: String

    init() async throws {
        provider = try await TestProvider()
        provider.parts.connectors.replace([
            .init(id: "saml", name: "SAML", type: "saml", connector: PostingConnector()),
            .init(id: "other", name: "Other", type: "saml", connector: PostingConnector()),
        ])
        flow = SignInFlow(provider.parts)
        let begun = await flow.begin(provider.authorization(), connectorID: "saml", browser: provider.browser)
        guard case .ask(.visit(.form(_, let fields)), _, _) = begun else { throw Unexpected(begun) }
        relayState = fields[0].value
    }

    private func post(_ state: String? = nil, who: String? = "jane", browser: BrowserBinding? = nil) async -> SignInOutcome {
        await flow.callback(
            RequestParameters([("RelayState", state ?? relayState)] + (who.map { [("who", $0)] } ?? [])), isPost: true,
            connectorID: nil, browser: browser)
    }

    private func answered(who: String = "jane") async throws -> String {
        let outcome = await post(who: who)
        guard case .answered(let url, "saml", let state) = outcome else { throw Unexpected(outcome) }
        #expect(url == TestProvider.issuer + "/callback")
        return state
    }

    private func proceed(_ state: String, browser: BrowserBinding?, connectorID: String = "saml") async -> SignInOutcome {
        await flow.callback(RequestParameters([("state", state)]), connectorID: connectorID, browser: browser).next
    }

    private func expectRefusal(_ outcome: SignInOutcome, _ kind: PageError.Kind = .invalid) throws {
        guard case .refuse(let error) = outcome else { throw Unexpected(outcome) }
        #expect(error.kind == kind)
    }

    private var logins: Int {
        provider.log.events.filter { if case .loginSucceeded = $0 { true } else { false } }.count
    }

    @Test func `It comes without a cookie, and goes on where the cookie fits`() async throws {
        let state = try await answered()
        #expect(logins == 0)
        let outcome = await proceed(state, browser: provider.browser)
        guard case .answer(let response) = outcome else { throw Unexpected(outcome) }
        #expect(response["code"] != nil)
        #expect(logins == 1)
    }

    @Test func `It ends in any other browser, and in none`() async throws {
        let state = try await answered()
        for browser in [BrowserBinding(secret: "another's"), nil] {
            try expectRefusal(await proceed(state, browser: browser))
        }
        #expect(logins == 0)
    }

    @Test func `Even the right cookie in the POST does not shorten the way`() async throws {
        let outcome = await post(browser: provider.browser)
        guard case .answered = outcome else { throw Unexpected(outcome) }
    }

    @Test func `What is asked for is a POST: the first state alone is no answer`() async throws {
        try expectRefusal(await proceed(relayState, browser: provider.browser))
    }

    @Test func `The state of one step is worth nothing at another`() async throws {
        let state = try await answered()
        try expectRefusal(await flow.consentForm(state: state, browser: provider.browser))
        try expectRefusal(await flow.consent(approved: true, state: state, browser: provider.browser))
        try expectRefusal(await flow.form(connectorID: "saml", state: state, browser: provider.browser))
        try expectRefusal(await proceed(state, browser: provider.browser, connectorID: "other"))
        try expectRefusal(await flow.consent(approved: true, state: relayState, browser: provider.browser))
    }

    @Test func `It must be at once`() async throws {
        let state = try await answered()
        provider.clock.advance(SignIn.answeredLifetime)
        try expectRefusal(await proceed(state, browser: provider.browser))
    }

    @Test func `It cannot outlive the sign-in`() async throws {
        provider.clock.advance(provider.parts.settings.signInLifetime.timeInterval - 1)
        let state = try await answered()
        provider.clock.advance(1)
        try expectRefusal(await proceed(state, browser: provider.browser))
        try expectRefusal(await post())
    }

    @Test func `What the connector refuses is said to the operator, and the sign-in can go on`() async throws {
        try expectRefusal(await post(who: nil), .forbidden)
        let isLogged = provider.log.events.contains {
            if case .loginFailed("saml", _, _, _, "nobody") = $0 { true } else { false }
        }
        #expect(isLogged)
        _ = try await answered()
    }

    @Test func `A connector that is not of this kind is bound to its browser at once`() async throws {
        let begun = await flow.begin(provider.authorization(), connectorID: "saml", browser: provider.browser)
        guard case .ask(.visit(.form(_, let fields)), _, _) = begun else { throw Unexpected(begun) }
        provider.parts.connectors.replace([.init(id: "saml", name: "", type: "", connector: AskedConnector())])
        try expectRefusal(await post(fields[0].value))
        let outcome = await post(fields[0].value, browser: provider.browser).next
        guard case .answer = outcome else { throw Unexpected(outcome) }
    }
}

private struct AskedConnector: CallbackConnector {
    func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination { .address("") }

    func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        ConnectorIdentity(identity: TestProvider.identity, methods: [])
    }
}
