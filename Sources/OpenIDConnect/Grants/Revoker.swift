import FoundationEssentials

/// The one place where something that was issued is ended before its time.
struct Revoker: Sendable {
    private let grants: any GrantStore
    private let revocations: RevocationList
    private let clock: any WallClock
    private let tokenLifetime: Duration

    init(_ parts: ProviderParts) {
        grants = parts.grants
        revocations = parts.revocations
        clock = parts.clock
        tokenLifetime = parts.settings.tokenLifetime
    }

    /// - Parameter id: of a grant, with everything issued under it, or of one access token (`jti`).
    /// - Throws: when other processes do not hear of it, and this one forgets it when it ends.
    func revoke(id: String) async throws(StoreError) {
        // The last token that carries the id may have been made a moment ago.
        let until = clock.now + tokenLifetime.timeInterval + KeySchedule.margin.timeInterval
        // The list in memory comes first: it works even if the store does not, and what is to end ends here at least.
        revocations.add(id: id, until: until)
        try await grants.revoke(id: id, until: until)
    }
}
