import OpenIDConnect

extension StoreTarget {
    /// Nothing changes a user of the configuration but the file.
    func requireStored(_ email: EmailAddress) throws(Failure) {
        guard let path = configurationPath, staticUser(email.text) != nil else { return }
        throw Failure("\(email.text) is in staticPasswords of \(path), which hides one in the storage; change it there")
    }

    /// Finds a user of the storage, changes it and stores it again.
    func change(_ email: EmailAddress, _ body: @Sendable (inout User) -> Void) async throws -> User {
        try requireStored(email)
        return try await open(missing: .refuse) { store in
            guard var user = try await store.user(email: email.text) else { throw Failure.noUser(email) }
            body(&user)
            user.updatedAt = SystemClock().now
            guard try await store.update(user) else { throw Failure.noUser(email) }
            return user
        }
    }
}

extension Failure {
    static func noUser(_ email: EmailAddress) -> Failure {
        Failure("there is no user \(Printable.line(email.text)) in the storage; dextra user list shows who is")
    }
}
