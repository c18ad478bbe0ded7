import ArgumentParser
import DexConfiguration
import Foundation
import JOSE
import OpenIDConnect
import Testing

@testable import dextra

@Suite("Users on the command line")
struct UserTests {
    static let addressesCases: [(String, String?)] = [
        ("Ann@Example.COM", "ann@example.com"), ("a@b", "a@b"), ("a+b@example.com", "a+b@example.com"),
        ("ä@exämple.com", "ä@exämple.com"),
        ("ann", nil), ("@example.com", nil), ("ann@", nil), ("a@b@c", nil), ("", nil), ("a b@example.com", nil), ("a@b\n", nil),
        ("a\u{1B}@b", nil),
        (String(repeating: "a", count: 250) + "@b.c", "\(String(repeating: "a", count: 250))@b.c"),
        (String(repeating: "a", count: 251) + "@b.c", nil),
    ]

    @Test("an address is one name and one domain, in lower case", arguments: addressesCases)
    func addresses(_ text: String, _ address: String?) {
        #expect(EmailAddress(text)?.text == address)
    }

    private func user(_ arguments: String...) throws -> User {
        let command = try UserAdd.parse(arguments + ["--database", "x.db"])
        return command.draft.user(passwordHash: "$2b$", at: Date(timeIntervalSince1970: 0)) { "made" }
    }

    @Test("what is not said has a sensible value")
    func defaults() throws {
        let user = try user("Ann@example.com")
        #expect(user.email == "ann@example.com")
        #expect(user.username == "ann")
        #expect(user.name.isEmpty)
        #expect(user.userID == "made")
        #expect(user.groups.isEmpty)
        #expect(user.emailVerified)
        #expect(!user.isDisabled)
    }

    @Test("groups come with commas, repeated, or both, and each counts once")
    func groups() throws {
        #expect(try user("a@b", "--groups", "admins, devs,,admins", "--groups", "ops").groups == ["admins", "devs", "ops"])
    }

    @Test("an unverified address is none that tokens vouch for")
    func unverified() throws {
        #expect(try !user("a@b", "--unverified").emailVerified)
    }

    @Test("a list has everything but the hash")
    func json() throws {
        let user = User(
            email: "a@b", passwordHash: "$2b$10$secret", username: "a", userID: "1", groups: ["g"],
            createdAt: Date(timeIntervalSince1970: 0),
            updatedAt: Date(timeIntervalSince1970: 0))
        let listing = UserListing(stored: [user], target: .database("x.db"))
        let names = listing.json.array?.first?.object?.members.map(\.name)
        #expect(
            names == [
                "email", "username", "name", "preferredUsername", "userID", "groups", "emailVerified", "disabled", "createdAt",
                "updatedAt",
                "source", "hidden",
            ])
        #expect(!listing.json.text.contains("secret"))
        #expect(!listing.text.contains("secret"))
    }

    @Test("a user of the configuration hides a stored one, and says so")
    func hidden() throws {
        let configuration = try Sample.configuration(
            """
            staticPasswords:
            - {email: Ann@example.com, username: ann, userID: "1", hash: "$2b$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"}
            """)
        let stored = User(
            email: "ann@example.com", passwordHash: "", username: "ann", userID: "2", createdAt: .distantPast,
            updatedAt: .distantPast)
        let target = StoreTarget.configuration(configuration, path: "c.yaml")
        let rows = UserListing(stored: [stored], target: target).json.array ?? []
        #expect(rows.map { $0["userID"]?.string } == ["1", "2"])
        #expect(rows.map { $0["source"]?.string } == ["configuration", "storage"])
        #expect(rows.map { $0["hidden"]?.bool } == [false, true])
        let email = try #require(EmailAddress("ann@example.com"))
        let failure = #expect(throws: Failure.self) { try target.requireStored(email) }
        #expect(failure?.description.contains("staticPasswords of c.yaml") == true)
    }
}
