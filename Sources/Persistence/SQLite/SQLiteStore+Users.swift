public import FoundationEssentials
import GRDB
public import OpenIDConnect

extension SQLiteStore: UserStore {
    public func user(email: String) async throws(StoreError) -> User? {
        let email = User.key(email: email)
        return try await read { db in
            try db.fetchFirst("SELECT \(User.columns) FROM users WHERE email = ?", [.key(email)], table: "users", as: User.init)
        }
    }

    public func users() async throws(StoreError) -> [User] {
        try await read { db in
            try db.fetchAll("SELECT \(User.columns) FROM users ORDER BY email", table: "users", as: User.init)
        }
    }

    public func insert(_ user: User) async throws(StoreError) {
        let email = User.key(email: user.email)
        try await write(.oneStatement) { db in
            let inserted = try db.change(
                """
                INSERT INTO users (\(User.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (email) DO NOTHING
                """, [.text(email)] + user.values)
            guard inserted == 1 else { throw StoreError.alreadyExists("user \(email)") }
        }
    }

    public func update(_ user: User) async throws(StoreError) -> Bool {
        let email = User.key(email: user.email)
        return try await write(.oneStatement) { db in
            try db.change(
                """
                UPDATE users SET password_hash = ?, username = ?, name = ?, preferred_username = ?, user_id = ?, groups = ?,
                    email_verified = ?, is_disabled = ?, created_at = ?, updated_at = ?
                WHERE email = ?
                """, user.values + [.key(email)]) == 1
        }
    }

    public func replacePasswordHash(
        email: String, old: String, new: String, at time: Date
    ) async throws(StoreError) -> Bool {
        let email = User.key(email: email)
        return try await write(.oneStatement) { db in
            try db.change(
                "UPDATE users SET password_hash = ?, updated_at = ? WHERE email = ? AND password_hash = ?",
                [.text(new), .time(time), .key(email), .key(old)]) == 1
        }
    }

    public func removeUser(email: String) async throws(StoreError) -> Bool {
        let email = User.key(email: email)
        return try await write(.oneStatement) { db in
            try db.change("DELETE FROM users WHERE email = ?", [.key(email)]) == 1
        }
    }
}

extension User {
    fileprivate static let columns = """
        email, password_hash, username, name, preferred_username, user_id, groups, email_verified, is_disabled, created_at, \
        updated_at
        """

    /// All columns but the e-mail, in order.
    fileprivate var values: [DatabaseValue] {
        get throws(StoreError) {
            [
                try .text(passwordHash), try .text(username), try .text(name), try .text(preferredUsername), try .text(userID),
                .list(groups), .flag(emailVerified), .flag(isDisabled), .time(createdAt), .time(updatedAt),
            ]
        }
    }

    fileprivate init(_ row: inout RowReader) throws {
        self.init(
            email: try row.text(),
            passwordHash: try row.text(),
            username: try row.text(),
            name: try row.text(),
            preferredUsername: try row.text(),
            userID: try row.text(),
            groups: try row.list(),
            emailVerified: try row.flag(),
            isDisabled: try row.flag(),
            createdAt: try row.time(),
            updatedAt: try row.time())
    }
}
