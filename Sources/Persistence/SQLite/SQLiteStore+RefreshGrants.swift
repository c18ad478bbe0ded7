import GRDB
public import OpenIDConnect

extension SQLiteStore {
    public func insert(_ grant: RefreshGrant) async throws(StoreError) {
        try await write(.oneStatement) { db in try db.insert(grant) }
    }

    public func refreshGrant(id: String) async throws(StoreError) -> RefreshGrant? {
        try await read { db in
            try db.fetchFirst(RefreshGrant.selection, [.key(id)], table: "refresh_grants", as: RefreshGrant.init)
        }
    }

    public func rotate(_ grant: RefreshGrant, expecting expected: [UInt8]) async throws(StoreError) -> Bool {
        let identity = grant.authentication.identity
        return try await write(.oneStatement) { db in
            let values: [DatabaseValue] = [
                .bytes(grant.secretHash), .bytes(grant.previousSecretHash), .time(grant.lastUsedAt), try .text(identity.username),
                try .text(identity.preferredUsername), try .text(identity.email), .flag(identity.emailVerified),
                .list(identity.groups), .bytes(grant.authentication.connectorData),
            ]
            let condition: [DatabaseValue] = [.key(grant.id), .bytes(expected)]
            let userID = try DatabaseValue.text(identity.userID)
            // A person's id hardly ever changes, and naming its column would write its index each time.
            if try db.change(RefreshGrant.rotation, values + condition + [userID]) == 1 { return true }
            return try db.change(RefreshGrant.rotationToNewUserID, values + [userID] + condition) == 1
        }
    }

    public func refreshGrants(
        userID: String, connectorID: String, clientID: String?
    ) async throws(StoreError) -> [RefreshGrant] {
        try await read { db in
            // Ids as tie-breaker: the order must not depend on the backend.
            var condition = "user_id = ? AND connector_id = ?"
            var arguments: [DatabaseValue] = [.key(userID), .key(connectorID)]
            if let clientID {
                condition += " AND client_id = ?"
                arguments.append(.key(clientID))
            }
            return try db.fetchAll(
                "SELECT \(RefreshGrant.columns) FROM refresh_grants WHERE \(condition) ORDER BY created_at DESC, id", arguments,
                table: "refresh_grants", as: RefreshGrant.init)
        }
    }
}

extension Database {
    func insert(_ grant: RefreshGrant) throws {
        guard try change(RefreshGrant.insertion, grant.values) == 1 else {
            throw StoreError.alreadyExists("refresh grant \(grant.id)")
        }
    }
}

extension RefreshGrant {
    fileprivate static let columns = """
        id, client_id, scopes, nonce, requested_claims, created_at, last_used_at, secret_hash, previous_secret_hash, \
        \(Authentication.columns)
        """

    // Whole statements, because putting them together costs as much as running them.
    static let selection = "SELECT \(columns) FROM refresh_grants WHERE id = ?"
    fileprivate static let insertion = """
        INSERT INTO refresh_grants (\(columns))
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS BLOB), \(Authentication.placeholders))
        ON CONFLICT (id) DO NOTHING
        """
    private static let rotatedColumns = """
        secret_hash = ?, previous_secret_hash = CAST(? AS BLOB), last_used_at = ?, username = ?, preferred_username = ?, \
        email = ?, email_verified = ?, groups = ?, connector_data = CAST(? AS BLOB)
        """
    static let rotation =
        "UPDATE refresh_grants SET \(rotatedColumns) WHERE id = ? AND secret_hash = ? AND user_id = ?"
    fileprivate static let rotationToNewUserID =
        "UPDATE refresh_grants SET \(rotatedColumns), user_id = ? WHERE id = ? AND secret_hash = ?"

    fileprivate var values: [DatabaseValue] {
        get throws(StoreError) {
            [
                try .text(id), try .text(clientID), .list(scopes), try .text(nonce), .list(requestedClaims), .time(createdAt),
                .time(lastUsedAt), .bytes(secretHash), .bytes(previousSecretHash),
            ] + (try authentication.values)
        }
    }

    init(_ row: inout RowReader) throws {
        let id = try row.text()
        let clientID = try row.text()
        let scopes = try row.list()
        let nonce = try row.text()
        let requestedClaims = try row.list()
        let createdAt = try row.time()
        let lastUsedAt = try row.time()
        let secretHash = try row.bytes()
        let previousSecretHash = try row.optionalBytes()
        self.init(
            id: id, clientID: clientID, scopes: scopes, nonce: nonce, authentication: try Authentication(&row),
            requestedClaims: requestedClaims, createdAt: createdAt, lastUsedAt: lastUsedAt, secretHash: secretHash,
            previousSecretHash: previousSecretHash)
    }
}
