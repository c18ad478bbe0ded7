public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore {
    public func insert(_ code: AuthorizationCode, using once: SingleUse) async throws(StoreError) -> Bool {
        try await write(.severalStatements) { db in
            guard try db.use(once) else { return false }
            guard try db.change(AuthorizationCode.insertion, code.values) == 1 else {
                throw StoreError.alreadyExists("authorization code")
            }
            return true
        }
    }

    public func authorizationCode(hash: [UInt8]) async throws(StoreError) -> AuthorizationCode? {
        try await read { db in
            try db.fetchFirst(
                AuthorizationCode.selection, [.bytes(hash)], table: "authorization_codes", as: AuthorizationCode.init)
        }
    }

    public func redeem(codeHash: [UInt8], at time: Date, creating grant: RefreshGrant?) async throws(StoreError) -> Bool {
        try await write(grant == nil ? .oneStatement : .severalStatements) { db in
            let redeemed = try db.change(
                """
                UPDATE authorization_codes SET redeemed_at = ? WHERE hash = ? AND redeemed_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM revocations WHERE id = authorization_codes.grant_id)
                """, [.time(time), .bytes(codeHash)])
            guard redeemed == 1 else { return false }
            if let grant { try db.insert(grant) }
            return true
        }
    }
}

extension AuthorizationCode {
    fileprivate static let columns = """
        hash, grant_id, client_id, redirect_uri, scopes, nonce, requested_claims, code_challenge, code_challenge_method, \
        expires_at, redeemed_at, \(Authentication.columns)
        """
    // Whole statements, because putting them together costs as much as running them.
    fileprivate static let selection = "SELECT \(columns) FROM authorization_codes WHERE hash = ?"
    fileprivate static let insertion = """
        INSERT INTO authorization_codes (\(columns))
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Authentication.placeholders))
        ON CONFLICT (hash) DO NOTHING
        """

    fileprivate var values: [DatabaseValue] {
        get throws(StoreError) {
            [
                .bytes(hash), try .text(grantID), try .text(clientID), try .text(redirectURI), .list(scopes), try .text(nonce),
                .list(requestedClaims), try .text(codeChallenge?.value), try .text(codeChallenge?.method.rawValue),
                .time(expiresAt), .time(redeemedAt),
            ] + (try authentication.values)
        }
    }

    fileprivate init(_ row: inout RowReader) throws {
        let hash = try row.bytes()
        let grantID = try row.text()
        let clientID = try row.text()
        let redirectURI = try row.text()
        let scopes = try row.list()
        let nonce = try row.text()
        let requestedClaims = try row.list()
        let codeChallenge = try CodeChallenge(&row)
        let expiresAt = try row.time()
        let redeemedAt = try row.optionalTime()
        self.init(
            hash: hash, grantID: grantID, clientID: clientID, redirectURI: redirectURI, scopes: scopes, nonce: nonce,
            authentication: try Authentication(&row), codeChallenge: codeChallenge, requestedClaims: requestedClaims,
            expiresAt: expiresAt, redeemedAt: redeemedAt)
    }
}

extension CodeChallenge {
    /// Nil when both columns are. A challenge must never be lost on the way: one without a method is corrupt.
    fileprivate init?(_ row: inout RowReader) throws {
        let value = try row.optionalText()
        let method = try row.optionalText(as: Method.init)
        switch (value, method) {
        case (nil, nil): return nil
        case (let value?, let method?):
            guard let challenge = CodeChallenge(value, method: method) else {
                throw row.corrupt("goes with a malformed challenge")
            }
            self = challenge
        default: throw row.corrupt("and code_challenge must both be set, or neither")
        }
    }
}
