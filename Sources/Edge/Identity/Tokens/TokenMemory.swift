/// What is known of tokens that were looked into: whom they name, or why they are refused for now.
final class TokenMemory: Sendable {
    /// A moment between two changes of keys.
    struct Epoch: Sendable {
        fileprivate let identities: DigestCache<KnownToken>.Epoch
        fileprivate let refusals: DigestCache<String>.Epoch
    }

    private let identities: DigestCache<KnownToken>
    private let refusals: DigestCache<String>

    init(_ limits: TokenAuthenticator.Limits) {
        identities = DigestCache(countLimit: limits.identities, byteLimit: limits.identityBytes)
        refusals = DigestCache(countLimit: limits.refusals, byteLimit: limits.refusals * 512)
    }

    /// Taken before a token is looked into, so that nothing outlives a change of keys meanwhile.
    var epoch: Epoch { Epoch(identities: identities.epoch, refusals: refusals.epoch) }
    var statistics: DigestCache<KnownToken>.Statistics { identities.statistics }

    func known(_ digest: TokenDigest, now: Double) -> KnownToken? { identities.value(for: digest, now: now) }
    func refusal(_ digest: TokenDigest, now: Double) -> String? { refusals.value(for: digest, now: now) }

    /// - Parameters:
    ///   - bytes: how much memory it takes, about.
    ///   - expires: seconds since 1970.
    func remember(_ known: KnownToken, as digest: TokenDigest, bytes: Int, expires: Double, since epoch: Epoch) {
        identities.insert(digest, known, bytes: bytes, expires: expires, since: epoch.identities)
    }

    func remember(refusal reason: String, of digest: TokenDigest, expires: Double, since epoch: Epoch) {
        refusals.insert(digest, reason, bytes: reason.utf8.count, expires: expires, since: epoch.refusals)
    }

    func forget(_ digest: TokenDigest) { identities.remove(digest) }

    /// New keys may sign what was refused; keys that are gone sign nothing any more.
    func keysChanged(somethingRemoved: Bool) {
        if somethingRemoved { identities.clear() }
        refusals.clear()
    }

    func clear() {
        identities.clear()
        refusals.clear()
    }

    func prune(now: Double) {
        identities.prune(now: now)
        refusals.prune(now: now)
    }
}
