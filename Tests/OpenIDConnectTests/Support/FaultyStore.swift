import Foundation
import OpenIDConnect
import Synchronization

/// A store of which some operations fail while the test wants it.
final class FaultyStore: ClientStore, GrantStore, AssertionStore {
    enum Operation: CaseIterable {
        case readClients, readCodes, writeCodes, redeem, readGrants, writeGrants, revoke, use, readUses
    }

    private let store: any ClientStore & GrantStore & AssertionStore
    private let failing = Mutex<(operations: Set<Operation>, error: StoreError)>(([], .failed("the disk is gone")))

    init(_ store: any ClientStore & GrantStore & AssertionStore) {
        self.store = store
    }

    func set(failing operations: Set<Operation>, with error: StoreError = .failed("the disk is gone")) {
        failing.withLock { $0 = (operations, error) }
    }

    private func pass(_ operation: Operation) throws(StoreError) {
        let error = failing.withLock { $0.operations.contains(operation) ? $0.error : nil }
        if let error { throw error }
    }

    func client(id: String) async throws(StoreError) -> Client? {
        try pass(.readClients)
        return try await store.client(id: id)
    }

    func clients() async throws(StoreError) -> [Client] {
        try pass(.readClients)
        return try await store.clients()
    }

    func insert(_ client: Client) async throws(StoreError) { try await store.insert(client) }

    func update(_ client: Client) async throws(StoreError) -> Bool { try await store.update(client) }

    func removeClient(id: String, revokedUntil: Date) async throws(StoreError) -> Bool {
        try await store.removeClient(id: id, revokedUntil: revokedUntil)
    }

    func insert(_ code: AuthorizationCode, using once: SingleUse) async throws(StoreError) -> Bool {
        try pass(.writeCodes)
        return try await store.insert(code, using: once)
    }

    func authorizationCode(hash: [UInt8]) async throws(StoreError) -> AuthorizationCode? {
        try pass(.readCodes)
        return try await store.authorizationCode(hash: hash)
    }

    func redeem(codeHash: [UInt8], at time: Date, creating grant: RefreshGrant?) async throws(StoreError) -> Bool {
        try pass(.redeem)
        return try await store.redeem(codeHash: codeHash, at: time, creating: grant)
    }

    func insert(_ grant: RefreshGrant) async throws(StoreError) {
        try pass(.writeGrants)
        try await store.insert(grant)
    }

    func refreshGrant(id: String) async throws(StoreError) -> RefreshGrant? {
        try pass(.readGrants)
        return try await store.refreshGrant(id: id)
    }

    func rotate(_ grant: RefreshGrant, expecting expected: [UInt8]) async throws(StoreError) -> Bool {
        try pass(.writeGrants)
        return try await store.rotate(grant, expecting: expected)
    }

    func refreshGrants(userID: String, connectorID: String, clientID: String?) async throws(StoreError) -> [RefreshGrant] {
        try pass(.readGrants)
        return try await store.refreshGrants(userID: userID, connectorID: connectorID, clientID: clientID)
    }

    func revoke(id: String, until: Date) async throws(StoreError) {
        try pass(.revoke)
        try await store.revoke(id: id, until: until)
    }

    func revocations(after position: Int64) async throws(StoreError) -> [Revocation] {
        try await store.revocations(after: position)
    }

    func use(assertion key: [UInt8], until: Date) async throws(StoreError) -> Bool {
        try pass(.use)
        return try await store.use(assertion: key, until: until)
    }

    func isUsed(assertion key: [UInt8]) async throws(StoreError) -> Bool {
        try pass(.readUses)
        return try await store.isUsed(assertion: key)
    }
}
