import Bytes
import DexConfiguration
import FoundationEssentials
import JOSE
import OpenIDConnect

/// Where something is kept, and whether it is what counts.
enum Source: String, Sendable {
    case configuration
    case storage
    /// In the storage, but the configuration has one of the same name.
    case hidden = "storage, hidden by the configuration"

    var json: JSON { .string(self == .configuration ? "configuration" : "storage") }
}

extension User {
    /// Everything but the hash.
    func json(source: Source) -> JSON {
        [
            "email": .string(email), "username": .string(username), "name": .string(name),
            "preferredUsername": .string(preferredUsername),
            "userID": .string(userID), "groups": .array(groups.map { .string($0) }), "emailVerified": .bool(emailVerified),
            "disabled": .bool(isDisabled),
            "createdAt": source == .configuration ? .null : .string(Timestamp(createdAt).text),
            "updatedAt": source == .configuration ? .null : .string(Timestamp(updatedAt).text),
            "source": source.json, "hidden": .bool(source == .hidden),
        ]
    }

    var details: [(name: String, value: String)] {
        [
            ("  user ID", userID), ("  username", username), ("  name", name.isEmpty ? username : name),
            ("  groups", groups.isEmpty ? "none" : groups.joined(separator: ", ")), ("  verified", emailVerified ? "yes" : "no"),
        ]
    }
}

/// The users of a storage and its configuration.
struct UserListing: Sendable {
    private let rows: [(user: User, source: Source)]

    init(stored: [User], target: StoreTarget) {
        let fixed = (target.configuration?.staticPasswords ?? []).map { (user: User(listing: $0), source: Source.configuration) }
        rows = (fixed + stored.map { (user: $0, source: target.staticUser($0.email) == nil ? .storage : .hidden) })
            .sorted { ($0.user.email.exact, $0.source.rawValue.exact) < ($1.user.email.exact, $1.source.rawValue.exact) }
    }

    var isEmpty: Bool { rows.isEmpty }
    var json: JSON { .array(rows.map { $0.user.json(source: $0.source) }) }

    var text: String {
        Table(
            ["EMAIL", "NAME", "GROUPS", "STATE", "USER ID", "KEPT IN"],
            rows: rows.map { user, source in
                [
                    user.email, user.name.isEmpty ? user.username : user.name, user.groups.joined(separator: ","),
                    user.isDisabled ? "disabled" : "enabled", user.userID, source.rawValue,
                ]
            }
        ).text
    }
}

extension User {
    /// A user of the configuration, for a list: without password and times.
    fileprivate init(listing user: Configuration.StaticPassword) {
        self.init(
            email: user.email, passwordHash: "", username: user.username, name: user.name ?? "",
            preferredUsername: user.preferredUsername ?? "", userID: user.userID, groups: user.groups,
            emailVerified: user.emailVerified,
            createdAt: .distantPast, updatedAt: .distantPast)
    }
}
