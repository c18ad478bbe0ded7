import OpenIDConnect
import Testing

@Suite("A pattern") struct TextPatternTests {
    @Test(
        "takes what its stars stand for",
        arguments: [
            ("staff", "staff", [String]?.some([])),
            ("staff", "Staff", nil),
            ("*", "", [""]),
            ("*", "anything at all", ["anything at all"]),
            ("team-*", "team-a", ["a"]),
            ("team-*", "a team-a", nil),
            ("CN=*,OU=*", "CN=admins,OU=Groups,DC=example", ["admins", "Groups,DC=example"]),
            ("*@*", "a@b@c", ["a", "b@c"]),
            ("*-*-end", "a-b-c-end", ["a", "b-c"]),
            ("?*", "", nil),
            ("?*", "ab", ["b"]),
            ("a?c", "abc", []),
            ("", "", []),
            ("", "a", nil),
            ("**", "a", ["", "a"]),
        ])
    func captures(pattern: String, text: String, expected: [String]?) {
        #expect(TextPattern(pattern).captures(text) == expected)
    }

    @Test("cannot be made to take long", .timeLimit(.minutes(1)))
    func hostile() {
        let pattern = TextPattern(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 20_000)))
    }

    /// What matches is what the stars stand for, put in their places.
    @Test("put together again from its stars gives the text")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let pattern = String(
                (0..<Int.random(in: 0...6, using: &generator)).map { _ in "ab*".randomElement(using: &generator) ?? "a" })
            let text = String(
                (0..<Int.random(in: 0...8, using: &generator)).map { _ in "ab".randomElement(using: &generator) ?? "a" })
            guard let captures = TextPattern(pattern).captures(text) else { continue }
            var rest = captures[...]
            #expect(pattern.map { $0 == "*" ? rest.popFirst() ?? "?" : String($0) }.joined() == text)
        }
    }
}

@Suite("The mapping of a connector") struct IdentityMappingTests {
    private let jane = Identity(
        userID: "1", username: "Jane Doe", preferredUsername: "jane", email: "Jane@Example.com", emailVerified: false,
        groups: ["team-a", "team-b-temp", "CN=admins,OU=Groups"])

    private func mapped(_ rules: IdentityMapping.Rule...) -> Identity {
        IdentityMapping(rules).apply(to: jane)
    }

    @Test("changes nothing without rules")
    func none() {
        #expect(IdentityMapping.none.apply(to: jane) == jane)
    }

    @Test("sets, copies and joins")
    func values() {
        #expect(mapped(.init(.name, .constant(["Somebody"]))).username == "Somebody")
        #expect(mapped(.init(.emailVerified, .constant(["true"]))).emailVerified)
        #expect(mapped(.init(.preferredUsername, .copy(.email))).preferredUsername == "Jane@Example.com")
        #expect(mapped(.init(.name, .join([.name, .email], separator: " – "))).username == "Jane Doe – Jane@Example.com")
        #expect(mapped(.init(.groups, .constant(["one", "two"]))).groups == ["one", "two"])
    }

    @Test("keeps a claim when there is nothing to copy")
    func nothingToCopy() {
        var nameless = jane
        nameless.username = ""
        #expect(IdentityMapping([.init(.email, .copy(.name))]).apply(to: nameless).email == jane.email)
    }

    @Test("rewrites what matches, and leaves the rest")
    func rewrites() {
        #expect(
            mapped(.init(.groups, .rewrite(TextPattern("CN=*,OU=*"), to: "$2/$1"))).groups == [
                "team-a", "team-b-temp", "Groups/admins",
            ])
        #expect(
            mapped(.init(.preferredUsername, .copy(.email)), .init(.preferredUsername, .rewrite(TextPattern("*@*"), to: "$1")))
                .preferredUsername == "Jane")
        #expect(
            mapped(.init(.preferredUsername, .rewrite(TextPattern("j*"), to: "$1 costs $5 or $"))).preferredUsername
                == "ane costs $5 or $")
    }

    @Test("filters and adds groups, each once, empty ones never")
    func groups() {
        #expect(mapped(.init(.groups, .keep([TextPattern("team-*")]))).groups == ["team-a", "team-b-temp"])
        #expect(mapped(.init(.groups, .drop([TextPattern("*-temp"), TextPattern("CN=*")]))).groups == ["team-a"])
        #expect(
            mapped(.init(.groups, .keep([TextPattern("team-?")])), .init(.groups, .add(["all", "team-a"]))).groups == [
                "team-a", "all",
            ])
        #expect(mapped(.init(.groups, .rewrite(TextPattern("team-*"), to: ""))).groups == ["CN=admins,OU=Groups"])
    }

    @Test("prefixes, suffixes and lowers")
    func texts() {
        #expect(
            mapped(.init(.groups, .keep([TextPattern("team-?")])), .init(.groups, .prefix("ldap:")), .init(.groups, .suffix("!")))
                .groups == ["ldap:team-a!"])
        #expect(mapped(.init(.email, .lowercase)).email == "jane@example.com")
    }

    @Test("never changes who it is")
    func subject() {
        let everything = IdentityMapping(IdentityMapping.Claim.allCases.map { .init($0, .constant(["x"])) })
        #expect(everything.apply(to: jane).userID == "1")
    }
}
