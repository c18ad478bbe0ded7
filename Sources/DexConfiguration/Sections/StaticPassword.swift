extension Configuration {
    /// A user with a password, who cannot be changed while running.
    public struct StaticPassword: Sendable, Hashable {
        /// As written. Users are told apart by its lower case.
        public var email: String
        public var username: String
        /// The claim `name`; nil: the user name.
        public var name: String?
        public var preferredUsername: String?
        public var emailVerified: Bool
        /// Goes into `sub`; may be empty.
        public var userID: String
        public var groups: [String]
        /// Bcrypt's text.
        public var hash: Secret
    }
}

extension Configuration.StaticPassword {
    static var schema: Schema<Self> {
        .mapping { keys in
            let email = keys.required("email", .text)
            let username = keys("username", .text, default: "")
            let name = keys("name", .text)
            let preferredUsername = keys("preferredUsername", .text)
            let emailVerified = keys("emailVerified", .bool, default: true)
            let userID = keys("userID", .text, default: "")
            let groups = keys("groups", .list(of: .text), default: [])
            let hash = hash(keys)
            guard let email, let hash else { return nil }
            return Self(
                email: email, username: username, name: name, preferredUsername: preferredUsername, emailVerified: emailVerified,
                userID: userID, groups: groups, hash: hash)
        }
    }

    private static func hash(_ keys: Keys) -> Secret? {
        let source = SecretSource(inline: "hash", variable: "hashFromEnv", file: "hashFile")
        switch source.read(keys) {
        case .found(let text, let place):
            return Schema<Secret> { _, _ in text }.map { secret throws(Mistake) in try PasswordHash.parse(secret.text) }.read(
                place, keys.loading)
        case .absent:
            keys.problem("no password hash", hint: "write hash, hashFromEnv or hashFile; dextra hash makes one")
            return nil
        case .invalid:
            return nil
        }
    }
}
