import JOSE

/// One step of the schema: a file of `migrations/`. Once released it never changes; a change is a new file.
struct Migration: Sendable {
    /// 1, 2, 3, …: the order of application.
    let number: Int
    let name: String
    let sql: String

    var hash: [UInt8] { HashAlgorithm.sha256.hash(Array(sql.utf8)) }

    /// Every step of the SQLite schema. A new file in `migrations/` gets its line here; the first digit of its name
    /// becomes an underscore.
    static let sqlite: [Migration] = [
        Migration(number: 1, name: "initial", embedded: PackageResources._001_initial_sqlite_sql),
        Migration(
            number: 2, name: "post_logout_redirect_uris", embedded: PackageResources._002_post_logout_redirect_uris_sqlite_sql),
        Migration(number: 3, name: "edge_assertion_keys", embedded: PackageResources._003_edge_assertion_keys_sqlite_sql),
        Migration(number: 4, name: "edge_sessions", embedded: PackageResources._004_edge_sessions_sqlite_sql),
    ]

    init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    private init(number: Int, name: String, embedded bytes: [UInt8]) {
        self.init(number: number, name: name, sql: String(decoding: bytes, as: UTF8.self))
    }
}
