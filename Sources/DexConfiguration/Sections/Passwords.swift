extension Configuration {
    /// How passwords are stored. Not in Dex.
    public struct Passwords: Sendable, Hashable {
        /// The cost of bcrypt for new hashes, and for old ones of a lower cost when their user logs in. Nil: new hashes
        /// get the program's default, old ones stay as they are.
        public var bcryptCost: Int?
    }
}

extension Configuration.Passwords {
    static var schema: Schema<Self> {
        // Each step doubles the time of a login.
        .mapping { keys in Self(bcryptCost: keys("bcryptCost", .integer(in: PasswordHash.costs))) }
    }
}
