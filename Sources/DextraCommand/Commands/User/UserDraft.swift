import ArgumentParser
import Bytes
import FoundationEssentials
import OpenIDConnect

/// What is said about a new user, but for the password.
struct UserDraft: ParsableArguments {
    @Argument(help: "The e-mail address with which the user logs in, such as ann@example.com.")
    var email: EmailAddress

    @Option(help: "The user name. (default: what stands before the @)")
    var username: String?

    @Option(help: "The full name, for the claim name. (default: the user name)")
    var name: String?

    @Option(help: "The claim preferred_username.")
    var preferredUsername: String?

    @Option(help: ArgumentHelp("Groups, separated by commas; may be repeated.", valueName: "a,b"))
    var groups: [String] = []

    @Option(help: "What tokens name the user by (sub). (default: a random UUID)")
    var userID: String?

    @Flag(help: "Say in tokens that the address is not verified.")
    var unverified = false

    /// The groups one by one, each once, in the order given.
    var groupNames: [String] {
        var seen: Set<ExactText> = []
        return groups.flatMap { $0.fields(at: ",").map(trimmed) }.filter { !$0.isEmpty && seen.insert($0.exact).inserted }
    }

    func user(passwordHash: String, at time: Date, makeID: () -> String = { UUID().uuidString.asciiLowercased }) -> User {
        User(
            email: email.text, passwordHash: passwordHash, username: username ?? email.localPart, name: name ?? "",
            preferredUsername: preferredUsername ?? "", userID: userID ?? makeID(), groups: groupNames,
            emailVerified: !unverified,
            createdAt: time, updatedAt: time)
    }

    func validate() throws {
        // An empty sub would make one person of all who have none.
        if userID == "" { throw ValidationError("--user-id is empty; leave it out for a random UUID.") }
    }

    private func trimmed(_ text: Substring) -> String {
        let start = text.unicodeScalars.drop(while: \.properties.isWhitespace)
        let end = start.lastIndex { !$0.properties.isWhitespace }.map(start.index(after:)) ?? start.startIndex
        return String(Substring(start[..<end]))
    }
}
