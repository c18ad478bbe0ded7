import Testing

@testable import OpenIDConnect

@Suite("The audience") struct AudienceTests {
    @Test(
        "is the client, or the peers that were named and the client behind them",
        arguments: [
            (["openid"], ["app"]),
            (["openid", "audience:server:client_id:peer"], ["peer", "app"]),
            (["audience:server:client_id:app", "audience:server:client_id:peer"], ["app", "peer"]),
        ])
    func named(scopes: [String], audience: [String]) {
        #expect(ScopeRule.audience(of: scopes, clientID: "app") == audience)
    }

    @Test(
        "must trust the client that asks",
        arguments: [
            (["app"], "peer", true), ([], "peer", false), (["somebody"], "peer", false), (["app"], "nobody", false),
            ([], "app", true),
        ])
    func trust(trustedPeers: [String], named: String, isAllowed: Bool) async throws {
        var peer = TestProvider.other
        peer.id = "peer"
        peer.trustedPeers = trustedPeers
        let provider = try await TestProvider(clients: [TestProvider.app, peer])
        let rule = ScopeRule(clients: provider.clients, events: provider.log)
        let scopes = ["openid", ScopeRule.audiencePrefix + named]
        if isAllowed {
            try await rule.check(scopes, for: TestProvider.app)
        } else {
            let error = await #expect(throws: OAuthError.self) { try await rule.check(scopes, for: TestProvider.app) }
            #expect(error?.code == .invalidScope)
        }
    }
}
