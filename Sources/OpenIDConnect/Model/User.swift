public import FoundationEssentials

/// A person with a password kept here: Dex's `staticPasswords` entry, or a row of the store.
public struct User: Sendable, Hashable {
    /// Lower case; what people type to log in, and the key.
    public var email: String
    /// bcrypt text, `$2b$10$…`.
    public var passwordHash: String
    public var username: String
    /// Claim `name`; empty means ``username``.
    public var name: String
    public var preferredUsername: String
    /// Goes into `sub`.
    public var userID: String
    public var groups: [String]
    public var emailVerified: Bool
    /// A disabled user's password never matches and refreshes are refused.
    public var isDisabled: Bool
    public var createdAt: Date
    public var updatedAt: Date

    public init(
        email: String, passwordHash: String, username: String, name: String = "", preferredUsername: String = "",
        userID: String, groups: [String] = [], emailVerified: Bool = true, isDisabled: Bool = false,
        createdAt: Date, updatedAt: Date
    ) {
        self.email = email.lowercased()
        self.passwordHash = passwordHash
        self.username = username
        self.name = name
        self.preferredUsername = preferredUsername
        self.userID = userID
        self.groups = groups
        self.emailVerified = emailVerified
        self.isDisabled = isDisabled
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    public var identity: Identity {
        Identity(
            userID: userID, username: name.isEmpty ? username : name, preferredUsername: preferredUsername, email: email,
            emailVerified: emailVerified, groups: groups)
    }
}
