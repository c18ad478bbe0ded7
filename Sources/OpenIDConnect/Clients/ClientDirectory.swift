import Bytes
import Synchronization

/// Static clients in front of stored ones: a static client hides a stored one of its id, as in Dex.
public final class ClientDirectory: Sendable {
    private let fixed: Mutex<[ExactText: Client]>
    private let store: any ClientStore

    public init(static clients: [Client], store: any ClientStore) {
        fixed = Mutex(Self.byID(clients))
        self.store = store
    }

    public func client(id: String) async throws(StoreError) -> Client? {
        if let client = fixed.withLock({ $0[id.exact] }) { return client }
        return try await store.client(id: id)
    }

    /// A reload replaces them all at once.
    public func replaceStatic(_ clients: [Client]) {
        fixed.withLock { $0 = Self.byID(clients) }
    }

    private static func byID(_ clients: [Client]) -> [ExactText: Client] {
        Dictionary(clients.map { ($0.id.exact, $0) }) { _, last in last }
    }
}
