/// Which scopes may be asked for, and what `audience:server:client_id:…` among them means.
struct ScopeRule: Sendable {
    static let audiencePrefix = "audience:server:client_id:"

    /// `address` and `phone` are OpenID Connect's; no connector knows them, so that they bring no claims.
    static let known: Set<String> = [
        "openid", "offline_access", "email", "profile", "groups", "federated:id", "address", "phone",
    ]

    let clients: ClientDirectory

    /// - Throws: `invalid_scope` for an unknown scope, and for an audience that does not trust `client`.
    func check(_ scopes: [String], for client: Client) async throws(OAuthError) {
        for scope in scopes where !Self.known.contains(scope) {
            guard scope.hasPrefix(Self.audiencePrefix) else {
                throw OAuthError(.invalidScope, "The scope '\(scope)' is not known.")
            }
            let peerID = String(scope.dropFirst(Self.audiencePrefix.count))
            if peerID == client.id { continue }
            let peer: Client?
            do { peer = try await clients.client(id: peerID) } catch { throw OAuthError(error) }
            guard let peer, peer.trustedPeers.contains(client.id) else {
                throw OAuthError(.invalidScope, "The client '\(peerID)' does not trust this client.")
            }
        }
    }

    /// The audiences of a token: named peers in order, then the client itself unless it was named.
    static func audience(of scopes: [String], clientID: String) -> [String] {
        let peers = scopes.filter { $0.hasPrefix(audiencePrefix) }.map { String($0.dropFirst(audiencePrefix.count)) }
        return peers.contains(clientID) ? peers : peers + [clientID]
    }
}
