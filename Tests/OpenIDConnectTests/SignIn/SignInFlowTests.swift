import Foundation
import JOSE
import Testing

@testable import OpenIDConnect
@testable import Persistence

@Suite("A sign-in") struct SignInFlowTests {
    @Test("writes nothing before somebody has proven who they are")
    func writesNothing() async throws {
        let provider = try await TestProvider()
        let before = provider.store.writeStatistics.operations
        for _ in 0..<10 {
            let state = try await provider.begin()
            _ = await SignInFlow(provider.parts).form(connectorID: "local", state: state, browser: provider.browser)
            _ = await provider.submit(state, password: "wrong")
            _ = await SignInFlow(provider.parts).begin(provider.authorization())
        }
        #expect(provider.store.writeStatistics.operations == before)
        _ = try await provider.code()
        #expect(provider.store.writeStatistics.operations == before + 1)
    }

    @Test("belongs to the browser that began it")
    func browser() async throws {
        let provider = try await TestProvider()
        let state = try await provider.begin()
        for stranger in [BrowserBinding(secret: "another's"), nil] {
            let outcome = await SignInFlow(provider.parts).submit(
                username: "jane", password: "right", connectorID: "local", state: state, browser: stranger)
            guard case .refuse(let error) = outcome else { throw Unexpected(outcome) }
            #expect(error.kind == .invalid)
        }
        _ = await provider.submit(state)
    }

    @Test("lasts as long as the configuration says", arguments: [(599.0, true), (600.0, false)])
    func expiry(age: TimeInterval, isGood: Bool) async throws {
        let provider = try await TestProvider { $0.signInLifetime = .seconds(600) }
        let state = try await provider.begin()
        provider.clock.advance(age)
        let outcome = await provider.submit(state)
        if case .answer = outcome { #expect(isGood) } else { #expect(!isGood) }
    }

    @Test("ends with a page when its client or redirect URI has gone meanwhile", arguments: [true, false])
    func clientGone(entirely: Bool) async throws {
        let provider = try await TestProvider()
        let state = try await provider.begin()
        var moved = TestProvider.app
        moved.redirectURIs = ["https://app.example/elsewhere"]
        provider.clients.replaceStatic(entirely ? [] : [moved])
        let outcome = await provider.submit(state)
        guard case .refuse = outcome else { throw Unexpected(outcome) }
    }

    @Test("cannot go on at another connector, nor past the question who it is")
    func shortcuts() async throws {
        let provider = try await TestProvider { $0.skipsApproval = false }
        let state = try await provider.begin()
        let flow = SignInFlow(provider.parts)
        let elsewhere = await flow.submit(
            username: "jane", password: "right", connectorID: "second", state: state, browser: provider.browser)
        guard case .refuse = elsewhere else { throw Unexpected(elsewhere) }
        let early = await flow.consent(approved: true, state: state, browser: provider.browser)
        guard case .refuse = early else { throw Unexpected(early) }
    }

    @Test("asks for consent, and takes no for an answer")
    func consent() async throws {
        let provider = try await TestProvider { $0.skipsApproval = false }
        let asked = await provider.submit(try await provider.begin())
        guard case .ask(.consent(_, _, let scopes), let state, _) = asked else { throw Unexpected(asked) }
        #expect(scopes == ["openid", "offline_access"])
        let flow = SignInFlow(provider.parts)
        let refused = await flow.consent(approved: false, state: state, browser: provider.browser)
        guard case .answer(let refusal) = refused else { throw Unexpected(refused) }
        #expect(refusal["error"] == "access_denied")
        #expect(refusal["state"] == "s")
        #expect(refusal["iss"] == TestProvider.issuer)
        #expect(refusal["code"] == nil)
        let askedAgain = await provider.submit(try await provider.begin())
        guard case .ask(.consent, let another, _) = askedAgain else { throw Unexpected(askedAgain) }
        let approved = await flow.consent(approved: true, state: another, browser: provider.browser)
        guard case .answer(let answer) = approved else { throw Unexpected(approved) }
        #expect(answer["code"] != nil)
    }

    @Test(
        "asks for consent again when the request wants that, whatever the configuration says",
        arguments: [
            (name: "prompt", value: "consent"), (name: "approval_prompt", value: "force"),
        ])
    func forcedConsent(parameter: (name: String, value: String)) async throws {
        let provider = try await TestProvider()
        let outcome = await provider.submit(try await provider.begin(provider.authorization([parameter])))
        guard case .ask(.consent, _, _) = outcome else { throw Unexpected(outcome) }
    }

    @Test("answers for the person of the id_token_hint only")
    func hint() async throws {
        let provider = try await TestProvider()
        let given = try await provider.tokens()
        let idToken = try #require(given.idToken)
        // An expired hint is good: it only says who is meant.
        provider.clock.advance(2 * 86_400)
        let parameters = provider.authorization([("id_token_hint", idToken)])
        let (state, another) = (try await provider.begin(parameters), try await provider.begin(parameters))
        guard case .answer(let same) = await provider.submit(state) else { throw OAuthError(.serverError, "") }
        #expect(same["code"] != nil)
        provider.connector.change { $0.userID = "somebody else" }
        guard case .answer(let other) = await provider.submit(another) else { throw OAuthError(.serverError, "") }
        #expect(other["error"] == "login_required")
        #expect(other["code"] == nil)
    }

    @Test("answers for the person that the claims parameter names only")
    func subject() async throws {
        let provider = try await TestProvider()
        let subject = Subject.make(userID: TestProvider.identity.userID, connectorID: "local")
        let claims = #"{"id_token":{"sub":{"value":"\#(subject)"}}}"#
        let parameters = provider.authorization([("claims", claims)])
        let (state, another) = (try await provider.begin(parameters), try await provider.begin(parameters))
        guard case .answer(let same) = await provider.submit(state) else { throw OAuthError(.serverError, "") }
        #expect(same["code"] != nil)
        provider.connector.change { $0.userID = "somebody else" }
        guard case .answer(let other) = await provider.submit(another) else { throw OAuthError(.serverError, "") }
        #expect(other["error"] == "login_required")
    }

    @Test("of a busy signer ends without a code that nobody would get")
    func busySigner() async throws {
        let provider = try await TestProvider {
            $0.responseTypes = [.code, .idToken]
            $0.grantTypes.insert(.implicit)
        }
        let parameters = RequestParameters(
            provider.authorization([("nonce", "n")]).pairs.map {
                ($0.name, $0.name == "response_type" ? "code id_token" : $0.value)
            })
        let state = try await provider.begin(parameters)
        provider.signer.set(isBusy: true)
        let before = provider.store.writeStatistics.operations
        guard case .answer(let answer) = await provider.submit(state) else { throw OAuthError(.serverError, "") }
        #expect(answer["error"] == "temporarily_unavailable")
        #expect(provider.store.writeStatistics.operations == before)
    }

    @Test(
        "that cannot be asked for goes to the client with an error, once client and redirect URI are proven",
        arguments: [
            ("response_type", "nonsense", "unsupported_response_type"), ("response_type", "", "invalid_request"),
            ("scope", "", "invalid_scope"),
            ("scope", "openid unknown", "invalid_scope"), ("prompt", "none", "login_required"),
            ("prompt", "none login", "invalid_request"),
            ("prompt", "dance", "invalid_request"), ("max_age", "-1", "invalid_request"), ("max_age", "soon", "invalid_request"),
            ("request", "x", "request_not_supported"), ("request_uri", "x", "request_uri_not_supported"),
            ("registration", "{}", "registration_not_supported"),
            ("code_challenge", "short", "invalid_request"), ("code_challenge_method", "S256", "invalid_request"),
            ("claims", "[]", "invalid_request"),
            ("response_mode", "pigeon", "invalid_request"), ("id_token_hint", "a.b.c", "invalid_request"),
        ])
    func refused(name: String, value: String, error: String) async throws {
        let provider = try await TestProvider()
        let parameters = RequestParameters(
            provider.authorization().pairs.filter { $0.name != name }.map { ($0.name, $0.value) } + [(name, value)])
        let outcome = await SignInFlow(provider.parts).begin(parameters, connectorID: "local", browser: provider.browser)
        guard case .answer(let response) = outcome else { throw Unexpected(outcome) }
        #expect(response["error"] == error)
        #expect(response["state"] == "s")
        #expect(response["iss"] == TestProvider.issuer)
        #expect(response.location.hasPrefix(TestProvider.redirectURI + "?"))
    }

    @Test(
        "of an unproven client or redirect URI is a page and goes nowhere",
        arguments: [
            ("client_id", "nobody"), ("client_id", ""), ("redirect_uri", "https://evil.example/"), ("redirect_uri", ""),
        ])
    func unproven(name: String, value: String) async throws {
        let provider = try await TestProvider()
        let parameters = RequestParameters(
            provider.authorization().pairs.map { ($0.name, $0.name == name ? value : $0.value) })
        let outcome = await SignInFlow(provider.parts).begin(parameters, connectorID: "local", browser: provider.browser)
        guard case .refuse(let error) = outcome else { throw Unexpected(outcome) }
        #expect(error.kind == .invalid)
    }

    @Test(
        "of a public client needs PKCE",
        arguments: [
            (CodeChallengeRequirement.publicClients, true, true), (.publicClients, false, false), (.everyClient, false, true),
            (.nobody, true, false),
        ])
    func proofKeyRequired(requirement: CodeChallengeRequirement, isPublic: Bool, isRefused: Bool) async throws {
        var client = TestProvider.app
        client.isPublic = isPublic
        let provider = try await TestProvider(clients: [client]) { $0.codeChallengeRequirement = requirement }
        let outcome = await SignInFlow(provider.parts).begin(
            provider.authorization(), connectorID: "local", browser: provider.browser)
        if case .answer(let response) = outcome {
            #expect(isRefused)
            #expect(response["error"] == "invalid_request")
        } else {
            #expect(!isRefused)
        }
    }
}
