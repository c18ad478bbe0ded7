import GRDB
import OpenIDConnect

/// The columns that codes and refresh grants have in common.
extension Authentication {
    static let columns = """
        user_id, username, preferred_username, email, email_verified, groups, connector_id, connector_data, authenticated_at, \
        authentication_methods
        """
    static let placeholders = "?, ?, ?, ?, ?, ?, ?, CAST(? AS BLOB), ?, ?"

    /// In the order of ``columns``.
    var values: [DatabaseValue] {
        get throws(StoreError) {
            [
                try .text(identity.userID), try .text(identity.username), try .text(identity.preferredUsername),
                try .text(identity.email), .flag(identity.emailVerified), .list(identity.groups), try .text(connectorID),
                .bytes(connectorData), .time(time), .list(methods),
            ]
        }
    }

    init(_ row: inout RowReader) throws {
        let identity = Identity(
            userID: try row.text(),
            username: try row.text(),
            preferredUsername: try row.text(),
            email: try row.text(),
            emailVerified: try row.flag(),
            groups: try row.list())
        self.init(
            identity: identity,
            connectorID: try row.text(),
            connectorData: try row.optionalBytes(),
            time: try row.time(),
            methods: try row.list())
    }
}
