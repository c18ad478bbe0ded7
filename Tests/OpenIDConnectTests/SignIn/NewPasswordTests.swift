import JOSE
import Synchronization
import Testing

@testable import OpenIDConnect

/// Jane's password has expired.
private final class ExpiringConnector: PasswordChangeConnector {
    let password = Mutex("expired")
    let answer = Mutex(PasswordChange.changed)
    let asked = Mutex(0)

    var usernamePrompt: UsernamePrompt { .username }

    func authenticate(username: String, password: String, scopes: [String]) async throws(ConnectorError) -> ConnectorIdentity? {
        guard password == self.password.withLock({ $0 }), username == "jane" else { return nil }
        if password == "expired" { throw .denied(.mustChangePassword, "uid=jane: it has expired") }
        return ConnectorIdentity(identity: TestProvider.identity, methods: ["pwd"])
    }

    func changePassword(username: String, from old: String, to new: String) async throws(ConnectorError) -> PasswordChange {
        asked.withLock { $0 += 1 }
        guard username == "jane", old == password.withLock({ $0 }) else { return .wrongPassword }
        let answer = answer.withLock { $0 }
        if answer == .changed { password.withLock { $0 = new } }
        return answer
    }
}

@Suite("An expired password") struct NewPasswordTests {
    private let provider: TestProvider
    private let connector = ExpiringConnector()
    private let flow: SignInFlow
    private let login: String

    init() async throws {
        provider = try await TestProvider()
        provider.parts.connectors.replace([
            .init(id: "ldap", name: "LDAP", type: "ldap", connector: connector),
            .init(id: "other", name: "Other", type: "ldap", connector: connector),
            .init(id: "plain", name: "Plain", type: "local", connector: provider.connector),
        ])
        flow = SignInFlow(provider.parts)
        let begun = await flow.begin(provider.authorization(), connectorID: "ldap", browser: provider.browser)
        guard case .ask(.password, let state, _) = begun else { throw Unexpected(begun) }
        login = state
    }

    /// The state of the form for a new password.
    private func expired() async throws -> String {
        let outcome = await flow.submit(
            username: "jane", password: "expired", connectorID: "ldap", state: login, browser: provider.browser)
        guard case .ask(.newPassword("ldap", "jane", "App"), let state, _) = outcome else { throw Unexpected(outcome) }
        return state
    }

    private func change(
        _ state: String?, from old: String = "expired", to new: String = "new", again: String? = nil,
        connectorID: String = "ldap",
        browser: BrowserBinding? = BrowserBinding(secret: "a browser's secret")
    ) async -> SignInOutcome {
        await flow.changePassword(
            from: old, to: new, repeated: again ?? new, connectorID: connectorID, state: state, browser: browser)
    }

    private func expectRefusal(_ outcome: SignInOutcome, _ kind: PageError.Kind = .invalid) throws {
        guard case .refuse(let error) = outcome else { throw Unexpected(outcome) }
        #expect(error.kind == kind)
    }

    @Test func `It is changed, and the login goes on`() async throws {
        let outcome = await change(try await expired())
        guard case .remember(_, then: .answer(let response)) = outcome else { throw Unexpected(outcome) }
        #expect(response["code"] != nil)
        let changes = provider.log.events.filter {
            if case .passwordChange("ldap", "jane", "app", .success(.changed)) = $0 { true } else { false }
        }
        #expect(changes.count == 1)
    }

    @Test func `Its form can be shown again, and going back to the login form begins anew`() async throws {
        let state = try await expired()
        let again = await flow.newPasswordForm(connectorID: "ldap", state: state, browser: provider.browser)
        guard case .ask(.newPassword, _, _) = again else { throw Unexpected(again) }
        let back = await flow.form(connectorID: "ldap", state: state, browser: provider.browser)
        guard case .ask(.password, _, _) = back else { throw Unexpected(back) }
    }

    @Test(
        arguments: [
            ("expired", "new", "other", NewPasswordProblem.different), ("expired", "", "", .different),
            ("expired", "expired", "expired", .unchanged), ("wrong", "new", "new", .wrongPassword),
        ])
    func `The form comes again, and nothing has changed`(
        _ old: String, _ new: String, _ repeated: String, _ problem: NewPasswordProblem
    ) async throws {
        let outcome = await change(try await expired(), from: old, to: new, again: repeated)
        guard case .newPasswordRefused(.newPassword("ldap", "jane", _), problem, _) = outcome else { throw Unexpected(outcome) }
        #expect(connector.password.withLock { $0 } == "expired")
        // Only the old password is a question for the directory.
        #expect(connector.asked.withLock { $0 } == (problem == .wrongPassword ? 1 : 0))
    }

    @Test(arguments: PasswordRefusal.allCases)
    func `What the directory has against the new one is said`(_ refusal: PasswordRefusal) async throws {
        connector.answer.withLock { $0 = .refused(refusal, "for the operator") }
        let outcome = await change(try await expired())
        guard case .newPasswordRefused(_, .refused(refusal), _) = outcome else { throw Unexpected(outcome) }
    }

    @Test func `It belongs to the browser that began`() async throws {
        let state = try await expired()
        for browser in [BrowserBinding(secret: "another's"), nil] {
            try expectRefusal(await change(state, browser: browser))
            try expectRefusal(await flow.newPasswordForm(connectorID: "ldap", state: state, browser: browser))
        }
        #expect(connector.asked.withLock { $0 } == 0)
    }

    @Test func `Nobody comes to its form without having typed it at the login form`() async throws {
        try expectRefusal(await change(login))
        try expectRefusal(await change(nil))
        try expectRefusal(await flow.newPasswordForm(connectorID: "ldap", state: login, browser: provider.browser))
        #expect(connector.asked.withLock { $0 } == 0)
    }

    @Test func `It is of one connector, and no proof of anything`() async throws {
        let state = try await expired()
        try expectRefusal(await change(state, connectorID: "other"))
        try expectRefusal(await flow.consentForm(state: state, browser: provider.browser))
        try expectRefusal(await flow.consent(approved: true, state: state, browser: provider.browser))
        #expect(connector.asked.withLock { $0 } == 0)
    }

    @Test func `A form that is sent twice changes nothing twice`() async throws {
        let state = try await expired()
        _ = await change(state)
        let outcome = await change(state, to: "another")
        try expectRefusal(outcome, .finished)
        #expect(connector.password.withLock { $0 } == "new")
    }

    @Test func `It must be changed within the lifetime of the sign-in`() async throws {
        let state = try await expired()
        provider.clock.advance(provider.parts.settings.signInLifetime.timeInterval)
        try expectRefusal(await change(state))
    }

    @Test func `What is next knows nothing of it any more`() async throws {
        let asking = try await TestProvider { $0.skipsApproval = false }
        asking.parts.connectors.replace([.init(id: "ldap", name: "LDAP", type: "ldap", connector: connector)])
        let flow = SignInFlow(asking.parts)
        let begun = await flow.begin(asking.authorization(), connectorID: "ldap", browser: asking.browser)
        guard case .ask(.password, let login, _) = begun else { throw Unexpected(begun) }
        let form = await flow.submit(
            username: "jane", password: "expired", connectorID: "ldap", state: login, browser: asking.browser)
        guard case .ask(.newPassword, let expired, _) = form else { throw Unexpected(form) }
        let changed = await flow.changePassword(
            from: "expired", to: "new", repeated: "new", connectorID: "ldap", state: expired, browser: asking.browser)
        guard case .remember(_, then: .ask(.consent, let consent, _)) = changed else { throw Unexpected(changed) }
        try expectRefusal(await flow.newPasswordForm(connectorID: "ldap", state: consent, browser: asking.browser))
    }

    @Test(arguments: [LoginDenial.passwordExpired, .mustChangePassword])
    func `Where it cannot be changed there is a page that says so`(_ denial: LoginDenial) async throws {
        provider.connector.set(problem: .denied(denial, ""))
        let begun = await flow.begin(provider.authorization(), connectorID: "plain", browser: provider.browser)
        guard case .ask(.password, let state, _) = begun else { throw Unexpected(begun) }
        let outcome = await flow.submit(
            username: "jane", password: "expired", connectorID: "plain", state: state, browser: provider.browser)
        try expectRefusal(outcome, .forbidden)
    }

    @Test func `Its state holds whose it is and no password`() async throws {
        let state = try await expired()
        let opened = try #require(await provider.parts.sealers.open(state, purpose: SignIn.purpose))
        let text = String(decoding: opened, as: UTF8.self)
        #expect(text.contains("jane") && !text.contains("expired"))
    }
}
