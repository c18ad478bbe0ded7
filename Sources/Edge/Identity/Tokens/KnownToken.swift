import OpenIDConnect
import Synchronization

/// Somebody who is known by a token.
final class KnownToken: Sendable {
    let identity: EdgeIdentity
    /// The number of the rule by which it is believed.
    let rule: Int
    /// Of our own tokens, which can be revoked.
    let tokenID: String?
    /// ``RevocationList/revision`` before the list was asked last.
    private let checked: Atomic<Int>

    init(identity: EdgeIdentity, rule: Int, tokenID: String?, checked: Int) {
        self.identity = identity
        self.rule = rule
        self.tokenID = tokenID
        self.checked = Atomic(checked)
    }

    /// Asks the list only when something was added to it since the last time.
    func isRevoked(by revocations: RevocationList) -> Bool {
        guard let tokenID else { return false }
        let revision = revocations.revision
        if checked.load(ordering: .relaxed) == revision { return false }
        guard !revocations.contains(tokenID: tokenID) else { return true }
        checked.store(revision, ordering: .relaxed)
        return false
    }
}
