import Foundation
import JOSE
import Testing

@testable import OpenIDConnect
@testable import Persistence

/// Whatever the connector can do, a person comes of it.
private struct ManyDoors: NegotiateConnector, PasswordChangeConnector, CallbackConnector {
    var usernamePrompt: UsernamePrompt { .username }
    var negotiation: Negotiation { .beforePassword }

    private var jane: ConnectorIdentity { ConnectorIdentity(identity: TestProvider.identity, methods: []) }

    func authenticate(username: String, password: String, scopes: [String]) async throws(ConnectorError) -> ConnectorIdentity? {
        if password == "expired" { throw .denied(.mustChangePassword, "") }
        return jane
    }

    func identity(negotiating token: [UInt8], scopes: [String]) async throws(ConnectorError) -> NegotiatedIdentity {
        NegotiatedIdentity(jane)
    }

    func changePassword(username: String, from old: String, to new: String) async throws(ConnectorError) -> PasswordChange {
        .changed
    }

    func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        .address(try visit.state())
    }

    func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity { jane }
}

private struct Visited: CallbackConnector {
    func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        .address(try visit.state())
    }

    func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        ConnectorIdentity(identity: TestProvider.identity, methods: [])
    }
}

private struct Posting: PostedAnswerConnector {
    func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        .address(try visit.state())
    }

    func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        ConnectorIdentity(identity: TestProvider.identity, methods: [])
    }
}

@Suite("A sign-in has one answer") struct SingleAnswerTests {
    private let provider: TestProvider
    private let flow: SignInFlow

    init() async throws {
        provider = try await TestProvider {
            $0.skipsApproval = false
            $0.responseTypes = [.code, .idToken, .token]
            $0.grantTypes.insert(.implicit)
        }
        provider.parts.connectors.replace([
            .init(id: "local", name: "", type: "", connector: ManyDoors()),
            .init(id: "visited", name: "", type: "", connector: Visited()),
            .init(id: "posting", name: "", type: "", connector: Posting()),
        ])
        flow = SignInFlow(provider.parts)
    }

    private func parameters(type: String = "code") -> RequestParameters {
        RequestParameters(
            provider.authorization([("nonce", "n")]).pairs.map { ($0.name, $0.name == "response_type" ? type : $0.value) })
    }

    private func submit(_ state: String, password: String = "right") async -> SignInOutcome {
        await flow.submit(
            username: "jane", password: password, connectorID: "local", state: state, browser: provider.browser
        ).next
    }

    /// The states of the login form, of the page for a new password, and of the consent page, of one sign-in.
    private func states(type: String = "code") async throws -> (form: String, newPassword: String, consent: String) {
        let form = try await provider.begin(parameters(type: type))
        guard case .ask(.newPassword, let newPassword, _) = await submit(form, password: "expired"),
            case .ask(.consent, let consent, _) = await submit(form)
        else { throw OAuthError(.serverError, "no pages") }
        return (form, newPassword, consent)
    }

    private func expectFinished(_ outcome: SignInOutcome, _ comment: Comment? = nil) {
        guard case .refuse(let error) = outcome.next, error.kind == .finished else {
            Issue.record("\(outcome) \(comment ?? "")")
            return
        }
    }

    @Test(
        "whatever it is, and no door leads to another",
        arguments: [
            ("code", true), ("code", false), ("id_token", true), ("id_token", false), ("id_token token", true),
            ("code id_token", true), ("code id_token token", false), ("code token", true),
        ])
    func doors(type: String, approved: Bool) async throws {
        let states = try await states(type: type)
        guard case .answer(let first) = await flow.consent(approved: approved, state: states.consent, browser: provider.browser)
        else { throw OAuthError(.serverError, "no answer") }
        #expect((first["error"] == "access_denied") == !approved)
        let before = provider.store.writeStatistics.operations
        let codes = provider.log.events.count
        for again in [true, false] {
            expectFinished(await flow.consent(approved: again, state: states.consent, browser: provider.browser))
        }
        expectFinished(await flow.consentForm(state: states.consent, browser: provider.browser))
        for state in [states.form, states.consent, states.newPassword] {
            expectFinished(await submit(state))
            expectFinished(await flow.form(connectorID: "local", state: state, browser: provider.browser))
            expectFinished(await flow.form(connectorID: "local", state: state, browser: provider.browser, token: [1]))
            expectFinished(
                await flow.callback(
                    RequestParameters([("state", state)]), connectorID: "local", browser: provider.browser))
        }
        expectFinished(await flow.newPasswordForm(connectorID: "local", state: states.newPassword, browser: provider.browser))
        expectFinished(
            await flow.changePassword(
                from: "a", to: "b", repeated: "b", connectorID: "local", state: states.newPassword, browser: provider.browser))
        // Nobody's password was asked about, and nothing was written.
        #expect(provider.store.writeStatistics.operations == before)
        #expect(provider.log.events.count == codes)
    }

    @Test("at the callback of another site", arguments: [false, true])
    func callback(isPosted: Bool) async throws {
        let connectorID = isPosted ? "posting" : "visited"
        let begun = await flow.begin(parameters(), connectorID: connectorID, browser: provider.browser)
        guard case .ask(.visit(.address(let state)), _, _) = begun else { throw Unexpected(begun) }
        func comeBack() async -> SignInOutcome {
            let first = await flow.callback(
                RequestParameters([("state", state)]), isPost: isPosted, connectorID: nil, browser: provider.browser
            ).next
            guard case .answered(_, _, let answered) = first else { return first }
            return await flow.callback(
                RequestParameters([("state", answered)]), connectorID: connectorID, browser: provider.browser
            ).next
        }
        guard case .ask(.consent, let consent, _) = await comeBack(), case .ask(.consent, let another, _) = await comeBack(),
            case .answer = await flow.consent(approved: true, state: consent, browser: provider.browser)
        else { throw OAuthError(.serverError, "no answer") }
        expectFinished(await comeBack())
        expectFinished(await flow.consent(approved: true, state: another, browser: provider.browser))
    }

    @Test("until its last seal ends, and longer by what clocks may differ")
    func remembered() async throws {
        let states = try await states()
        provider.clock.advance(provider.parts.settings.signInLifetime.timeInterval - 2)
        guard case .answer = await flow.consent(approved: true, state: states.consent, browser: provider.browser) else {
            throw OAuthError(.serverError, "no answer")
        }
        provider.clock.advance(1)
        _ = try await provider.store.collectGarbage(
            now: provider.clock.now + 30, createdBefore: nil, usedBefore: nil, limit: 100)
        expectFinished(await flow.consent(approved: true, state: states.consent, browser: provider.browser))
        provider.clock.advance(1)
        guard case .refuse(let error) = await submit(states.form) else { throw OAuthError(.serverError, "still good") }
        #expect(error.kind == .invalid)
        // Then it goes.
        let collected = try await provider.store.collectGarbage(
            now: provider.clock.now + 62, createdBefore: nil, usedBefore: nil, limit: 100)
        #expect(collected == 1)
    }

    @Test("also where the short seal of a posted answer was the last")
    func shortSeal() async throws {
        let begun = await flow.begin(parameters(), connectorID: "posting", browser: provider.browser)
        guard case .ask(.visit(.address(let state)), _, _) = begun else { throw Unexpected(begun) }
        func post() async -> SignInOutcome {
            await flow.callback(RequestParameters([("state", state)]), isPost: true, connectorID: nil, browser: nil)
        }
        guard case .answered(_, _, let answered) = await post(),
            case .ask(.consent, let consent, _) = await flow.callback(
                RequestParameters([("state", answered)]), connectorID: "posting", browser: provider.browser
            ).next,
            case .answer = await flow.consent(approved: true, state: consent, browser: provider.browser)
        else { throw OAuthError(.serverError, "no answer") }
        provider.clock.advance(SignIn.answeredLifetime + 3600)
        _ = try await provider.store.collectGarbage(now: provider.clock.now, createdBefore: nil, usedBefore: nil, limit: 100)
        expectFinished(await post())
    }

    @Test("though many ask at once", arguments: ["code", "id_token", "code id_token token"])
    func race(type: String) async throws {
        let states = try await states(type: type)
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    if case .answer = await flow.consent(approved: true, state: states.consent, browser: provider.browser) {
                        true
                    } else {
                        false
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(answers == 1)
    }

    @Test("and one write, of somebody who is known")
    func writes() async throws {
        for (type, approved) in [("code", true), ("id_token", true), ("code id_token", true), ("code", false)] {
            let states = try await states(type: type)
            let before = provider.store.writeStatistics.operations
            _ = await flow.consent(approved: approved, state: states.consent, browser: provider.browser)
            #expect(provider.store.writeStatistics.operations == before + 1)
        }
    }

    @Test(
        "or an error while the store fails, told once, and then it is as good as before",
        arguments: [("code", true), ("id_token token", true), ("code id_token", true), ("code", false)])
    func failingStore(type: String, approved: Bool) async throws {
        let states = try await states(type: type)
        provider.faults.set(failing: [.writeCodes, .use])
        let before = provider.log.events.count
        guard case .answer(let error) = await flow.consent(approved: approved, state: states.consent, browser: provider.browser)
        else { throw OAuthError(.serverError, "no answer") }
        #expect(error.parameters.map(\.name) == ["error", "error_description", "state", "iss"])
        #expect(error["error"] == "server_error")
        guard provider.log.events.count == before + 1, case .storeFailed? = provider.log.events.last else {
            throw OAuthError(.serverError, "\(provider.log.events[before...])")
        }
        provider.faults.set(failing: [])
        guard case .answer(let answer) = await flow.consent(approved: approved, state: states.consent, browser: provider.browser)
        else { throw OAuthError(.serverError, "no answer") }
        #expect((answer["error"] == nil) == approved)
        expectFinished(await flow.consent(approved: approved, state: states.consent, browser: provider.browser))
    }

    @Test("and nobody else's: the Back button after an answer for somebody else than was asked for")
    func somebodyElse() async throws {
        let claims = #"{"id_token":{"sub":{"value":"somebody"}}}"#
        let state = try await provider.begin(provider.authorization([("claims", claims)]))
        guard case .ask(.consent, let consent, _) = await submit(state),
            case .answer(let answer) = await flow.consent(approved: true, state: consent, browser: provider.browser)
        else { throw OAuthError(.serverError, "no answer") }
        #expect(answer["error"] == "login_required")
        expectFinished(await submit(state))
    }

    @Test("in any process")
    func anotherProcess() async throws {
        let states = try await states()
        let parts = provider.parts
        let other = SignInFlow(
            ProviderParts(
                settings: parts.settings, clients: parts.clients, connectors: parts.connectors, grants: parts.grants,
                assertions: parts.assertions, revocations: RevocationList(), ring: parts.ring, signer: parts.signer,
                sealers: parts.sealers, clock: parts.clock, random: parts.random, events: parts.events))
        guard case .answer = await other.consent(approved: true, state: states.consent, browser: provider.browser) else {
            throw OAuthError(.serverError, "no answer")
        }
        expectFinished(await flow.consent(approved: true, state: states.consent, browser: provider.browser))
    }
}
