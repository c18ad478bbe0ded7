public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore: ClientStore {
    public func client(id: String) async throws(StoreError) -> Client? {
        try await read { db in
            try db.fetchFirst("SELECT \(Client.columns) FROM clients WHERE id = ?", [.key(id)], table: "clients", as: Client.init)
        }
    }

    public func clients() async throws(StoreError) -> [Client] {
        try await read { db in
            try db.fetchAll("SELECT \(Client.columns) FROM clients ORDER BY id", table: "clients", as: Client.init)
        }
    }

    public func insert(_ client: Client) async throws(StoreError) {
        try await write(.oneStatement) { db in
            let inserted = try db.change(
                """
                INSERT INTO clients (\(Client.columns)) VALUES (?, ?, CAST(? AS BLOB), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """, [.text(client.id)] + client.values)
            guard inserted == 1 else { throw StoreError.alreadyExists("client \(client.id)") }
        }
    }

    public func update(_ client: Client) async throws(StoreError) -> Bool {
        try await write(.oneStatement) { db in
            try db.change(
                """
                UPDATE clients SET secret = ?, secret_hash = CAST(? AS BLOB), name = ?, redirect_uris = ?, trusted_peers = ?,
                    is_public = ?, logo_url = ?, allowed_connectors = ?, authentication_method = ?, keys = ?,
                    is_user_info_signed = ?, post_logout_redirect_uris = ?
                WHERE id = ?
                """, client.values + [.key(client.id)]) == 1
        }
    }

    public func removeClient(id: String, revokedUntil: Date) async throws(StoreError) -> Bool {
        try await write(.severalStatements) { db in
            guard try db.change("DELETE FROM clients WHERE id = ?", [.key(id)]) == 1 else { return false }
            // A grant's code may be gone and its refresh grant may never have been: either is enough.
            try db.run(
                """
                INSERT OR REPLACE INTO revocations (id, until)
                SELECT grants.id, ?2 FROM (
                    SELECT id FROM refresh_grants WHERE client_id = ?1
                    UNION SELECT grant_id FROM authorization_codes WHERE client_id = ?1 AND redeemed_at IS NOT NULL
                ) AS grants
                WHERE NOT EXISTS (SELECT 1 FROM revocations WHERE id = grants.id AND until >= ?2)
                """, [.text(id), .time(revokedUntil)])
            try db.run("DELETE FROM refresh_grants WHERE client_id = ?", [.text(id)])
            try db.run("DELETE FROM authorization_codes WHERE client_id = ?", [.text(id)])
            return true
        }
    }
}

extension Client {
    fileprivate static let columns = """
        id, secret, secret_hash, name, redirect_uris, trusted_peers, is_public, logo_url, allowed_connectors, \
        authentication_method, keys, is_user_info_signed, post_logout_redirect_uris
        """

    /// All columns but the id, in order.
    fileprivate var values: [DatabaseValue] {
        get throws(StoreError) {
            var plain: String?
            var hash: [UInt8]?
            switch secret {
            case .plain(let text): plain = text
            case .sha256(let bytes): hash = bytes
            case nil: break
            }
            return [
                try .text(plain), .bytes(hash), try .text(name), .list(redirectURIs), .list(trustedPeers), .flag(isPublic),
                try .text(logoURL), .list(allowedConnectors), try .text(authenticationMethod?.rawValue), try .text(keys),
                .flag(isUserInfoSigned), .list(postLogoutRedirectURIs),
            ]
        }
    }

    fileprivate init(_ row: inout RowReader) throws {
        let id = try row.text()
        let plain = try row.optionalText()
        let hash = try row.optionalBytes()
        self.init(
            id: id,
            secret: plain.map(ClientSecret.plain) ?? hash.map(ClientSecret.sha256),
            name: try row.text(),
            redirectURIs: try row.list(),
            trustedPeers: try row.list(),
            isPublic: try row.flag(),
            logoURL: try row.text(),
            allowedConnectors: try row.list(),
            authenticationMethod: try row.optionalText(as: ClientAuthenticationMethod.init),
            keys: try row.optionalText(),
            isUserInfoSigned: try row.flag())
        postLogoutRedirectURIs = try row.list()
    }
}
