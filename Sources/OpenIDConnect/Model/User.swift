import Bytes
public import FoundationEssentials

/// A person with a password kept here: Dex's `staticPasswords` entry, or a row of the store.
public struct User: Sendable, Hashable {
    /// What people type to log in, as ``key(email:)`` makes it.
    @Exact public var email: String
    /// bcrypt text, `$2b$10$…`.
    @Exact public var passwordHash: String
    @Exact public var username: String
    /// Claim `name`; empty means ``username``.
    @Exact public var name: String
    @Exact public var preferredUsername: String
    /// Goes into `sub`.
    @Exact public var userID: String
    @Exact public var groups: [String]
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
        self.email = Self.key(email: email)
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

    /// The one spelling of an e-mail address by which people are found: ASCII letters in lower case. Other letters stay as they
    /// are: Unicode's lower case makes `k` of U+212A (Kelvin), and somebody else of somebody.
    public static func key(email: String) -> String { email.asciiLowercased }

    public var identity: Identity {
        Identity(
            userID: userID, username: name.isEmpty ? username : name, preferredUsername: preferredUsername, email: email,
            emailVerified: emailVerified, groups: groups)
    }
}
