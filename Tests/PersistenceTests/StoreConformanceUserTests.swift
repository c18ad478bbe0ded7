import Bytes
import Foundation
import OpenIDConnect
import Testing

@Suite("Any store: users") struct StoreConformanceUserTests {
    @Test("a user comes back as it went in, every field", arguments: StoreBackend.allCases)
    func roundTrip(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for _ in 0..<50 {
                let user = Sample.user()
                try await store.insert(user)
                #expect(try await store.user(email: user.email) == user)
            }
        }
    }

    @Test("an e-mail is found and refused as a duplicate in any case of ASCII letters", arguments: StoreBackend.allCases)
    func anyCase(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var user = Sample.user(email: "jürgen@example.com")
            try await store.insert(user)
            #expect(try await store.user(email: "JüRGEN@Example.COM") == user)
            user.name = "changed"
            let shouting = Self.user(user, email: "Jürgen@EXAMPLE.com")
            await #expect(throws: StoreError.alreadyExists("user jürgen@example.com")) { try await store.insert(shouting) }
            #expect(try await store.update(shouting))
            #expect(try await store.user(email: "jürgen@example.com") == user)
            #expect(try await store.removeUser(email: "JüRGEN@example.com"))
            #expect(try await store.users().isEmpty)
        }
    }

    /// The user with an e-mail that hasn't been through `User`'s initializer.
    private static func user(_ user: User, email: String) -> User {
        var user = user
        user.email = email
        return user
    }

    @Test("who isn't there isn't found, updated or removed", arguments: StoreBackend.allCases)
    func missing(_ backend: StoreBackend) async throws {
        try await backend.withStore { store async throws in
            #expect(try await store.user(email: "nobody@example.com") == nil)
            #expect(try await store.update(Sample.user(email: "nobody@example.com")) == false)
            #expect(try await store.removeUser(email: "nobody@example.com") == false)
            #expect(
                try await store.replacePasswordHash(email: "nobody@example.com", old: "a", new: "b", at: Sample.time()) == false)
        }
    }

    @Test("users are listed by e-mail", arguments: StoreBackend.allCases)
    func order(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for name in ["c", "a", "b"] { try await store.insert(Sample.user(email: name + "@example.com")) }
            #expect(try await store.users().map(\.email) == ["a@example.com", "b@example.com", "c@example.com"])
        }
    }

    @Test("an update replaces every field", arguments: StoreBackend.allCases)
    func update(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.insert(Sample.user(email: "jane@example.com"))
            for _ in 0..<20 {
                let changed = Sample.user(email: "jane@example.com")
                #expect(try await store.update(changed))
                #expect(try await store.user(email: "jane@example.com") == changed)
            }
        }
    }

    @Test("a password hash is replaced only while it is the old one", arguments: StoreBackend.allCases)
    func passwordHash(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var user = Sample.user(email: "jane@example.com")
            user.passwordHash = "first"
            try await store.insert(user)
            let time = Sample.time()
            #expect(try await store.replacePasswordHash(email: "JANE@example.com", old: "first", new: "second", at: time))
            #expect(try await store.replacePasswordHash(email: "jane@example.com", old: "first", new: "third", at: time) == false)
            user.passwordHash = "second"
            user.updatedAt = time
            #expect(try await store.user(email: "jane@example.com") == user)
        }
    }

    @Test("of many that replace the same password hash one wins", arguments: StoreBackend.allCases)
    func passwordHashRace(_ backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var user = Sample.user(email: "jane@example.com")
            user.passwordHash = "old"
            try await store.insert(user)
            let time = user.createdAt
            let winners = try await countWinners(of: 50) { number in
                try await store.replacePasswordHash(email: "jane@example.com", old: "old", new: "new \(number)", at: time)
            }
            #expect(winners == 1)
        }
    }

    @Test(
        "letters that Unicode takes for the same are another person's, upper and lower case of ASCII are not",
        arguments: [
            ("kim@example.com", "\u{212A}im@example.com"), ("Kim@example.com", "\u{212A}im@example.com"),
            ("\u{E9}@example.com", "e\u{301}@example.com"), ("\u{E5}@example.com", "\u{212B}@example.com"),
            ("\u{E5}@example.com", "\u{C5}@example.com"), ("a;b@example.com", "a\u{37E}b@example.com"),
            ("a`b@example.com", "a\u{1FEF}b@example.com"), ("\u{17F}@example.com", "s@example.com"),
        ])
    func exact(email: String, other: String) async throws {
        for backend in StoreBackend.allCases {
            try await backend.withStore { store async throws in
                try await store.insert(Sample.user(email: email))
                #expect(try await store.user(email: other) == nil)
                #expect(try await store.removeUser(email: other) == false)
                #expect(try await store.replacePasswordHash(email: other, old: "", new: "x", at: Sample.time()) == false)
                try await store.insert(Sample.user(email: other))
                #expect(try await store.users().count == 2)
                #expect(
                    try await store.user(email: email.asciiUppercased)?.email.utf8.elementsEqual(email.asciiLowercased.utf8)
                        == true)
            }
        }
    }
}
