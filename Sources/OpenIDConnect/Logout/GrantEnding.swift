/// Ends what somebody's logins have left: refresh grants, and the access tokens of their families, as a revocation by the
/// client does it (``TokenRevocation``).
struct GrantEnding: Sendable {
    let parts: ProviderParts

    /// - Parameters:
    ///   - clientID: at which client; nil at all of them.
    ///   - condition: which of the person's grants.
    /// - Returns: the ids of the refresh grants that ended.
    func end(
        userID: String, connectorID: String, clientID: String?, where condition: (RefreshGrant) -> Bool = { _ in true }
    ) async throws(StoreError) -> [String] {
        let grants = try await parts.grants.refreshGrants(userID: userID, connectorID: connectorID, clientID: clientID)
        let ending = grants.filter(condition)
        for grant in ending { try await Revoker(parts).revoke(id: grant.id) }
        return ending.map(\.id)
    }
}
