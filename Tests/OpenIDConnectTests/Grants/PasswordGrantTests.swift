import Persistence
import Testing

@testable import OpenIDConnect

@Suite("The password grant") struct PasswordGrantTests {
    private func attempt(_ provider: TestProvider, password: String) async throws(OAuthError) -> TokenResponse {
        try await provider.token([
            ("grant_type", "password"), ("username", "jane"), ("password", password), ("scope", "openid offline_access"),
        ])
    }

    @Test("refuses a wrong password, and says so to the log")
    func wrong() async throws {
        let provider = try await TestProvider()
        await expectGrant(false) { () throws(OAuthError) in try await attempt(provider, password: "wrong") }
        await expectGrant(true) { () throws(OAuthError) in try await attempt(provider, password: "right") }
        let outcomes = provider.log.events.compactMap { event -> Bool? in
            switch event {
            case .loginFailed: false
            case .loginSucceeded: true
            default: nil
            }
        }
        #expect(outcomes == [false, true])
    }

    @Test("is unavailable while passwords cannot be checked", arguments: [ConnectorError.unavailable("down"), .overloaded])
    func outage(problem: ConnectorError) async throws {
        let provider = try await TestProvider()
        provider.connector.set(problem: problem)
        let error = await #expect(throws: OAuthError.self) { try await attempt(provider, password: "right") }
        #expect(error?.code == .temporarilyUnavailable)
    }

    @Test("stores nothing when the tokens cannot be signed")
    func busySigner() async throws {
        let provider = try await TestProvider()
        provider.signer.set(isBusy: true)
        let error = await #expect(throws: OAuthError.self) { try await attempt(provider, password: "right") }
        #expect(error?.code == .temporarilyUnavailable)
        let grants = try await provider.store.refreshGrants(
            userID: TestProvider.identity.userID, connectorID: "local", clientID: nil)
        #expect(grants.isEmpty)
    }

    @Test("does not exist without a connector, nor for a client that may not use it")
    func notOffered() async throws {
        let without = try await TestProvider { $0.passwordConnectorID = nil }
        let refused = await #expect(throws: OAuthError.self) { try await attempt(without, password: "right") }
        #expect(refused?.code == .unauthorizedClient)
        var client = TestProvider.app
        client.allowedConnectors = ["elsewhere"]
        let provider = try await TestProvider(clients: [client])
        await expectGrant(false) { () throws(OAuthError) in try await attempt(provider, password: "right") }
    }
}
