/// Who somebody is, as a connector says it. The fields are Dex's, so that claims come out the same.
public struct Identity: Sendable, Hashable {
    /// The connector's own id for the person; together with the connector's id it makes `sub`.
    @Exact public var userID: String
    /// Claim `name`.
    @Exact public var username: String
    /// Claim `preferred_username`; empty means absent.
    @Exact public var preferredUsername: String
    @Exact public var email: String
    public var emailVerified: Bool
    @Exact public var groups: [String]

    public init(
        userID: String, username: String, preferredUsername: String = "", email: String, emailVerified: Bool,
        groups: [String] = []
    ) {
        self.userID = userID
        self.username = username
        self.preferredUsername = preferredUsername
        self.email = email
        self.emailVerified = emailVerified
        self.groups = groups
    }
}
