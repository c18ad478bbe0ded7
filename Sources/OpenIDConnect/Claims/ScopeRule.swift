import Bytes

/// Which scopes may be asked for, and what `audience:server:client_id:…` among them means.
struct ScopeRule: Sendable {
    static let audiencePrefix = "audience:server:client_id:"

    /// `address` and `phone` are OpenID Connect's; no connector knows them, so that they bring no claims.
    static let known: Set<ExactText> = [
        "openid", "offline_access", "email", "profile", "groups", "federated:id", "address", "phone",
    ]

    let clients: ClientDirectory
    let events: any EventLog

    /// - Throws: `invalid_scope` for an unknown scope, and for an audience that does not trust `client`.
    func check(_ scopes: [String], for client: Client) async throws(OAuthError) {
        for scope in scopes where !Self.known.contains(scope.exact) {
            guard let peerID = scope.afterBytes(of: Self.audiencePrefix).map(String.init) else {
                throw OAuthError(.invalidScope, "The scope '\(scope)' is not known.")
            }
            if peerID.hasSameBytes(as: client.id) { continue }
            let peer: Client?
            do { peer = try await clients.client(id: peerID) } catch {
                throw OAuthError(error, doing: "find a client", toldTo: events)
            }
            guard let peer, peer.trustedPeers.containsExactly(client.id) else {
                throw OAuthError(.invalidScope, "The client '\(peerID)' does not trust this client.")
            }
        }
    }

    /// The audiences of a token: named peers in order, then the client itself unless it was named.
    static func audience(of scopes: [String], clientID: String) -> [String] {
        let peers = scopes.compactMap { $0.afterBytes(of: audiencePrefix).map(String.init) }
        return peers.containsExactly(clientID) ? peers : peers + [clientID]
    }
}
