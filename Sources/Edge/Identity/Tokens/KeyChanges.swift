import Bytes
import JOSE
import Synchronization

/// Tells what is new in a set of keys, and what is gone.
final class KeyChanges: Sendable {
    private let last = Mutex<Set<ExactText>>([])

    func change(to keys: [VerificationKey]) -> (added: Bool, removed: Bool) {
        let names = Set(
            keys.map { key in
                guard case .public(let material) = key.material else { return (key.keyID ?? "").exact }
                return ((key.keyID ?? "") + "\n" + material.thumbprint).exact
            })
        return last.withLock { last in
            defer { last = names }
            return (!names.isSubset(of: last), !last.isSubset(of: names))
        }
    }
}
