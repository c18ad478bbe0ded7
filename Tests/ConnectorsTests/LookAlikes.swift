/// Texts that Swift's `==` takes for the same and that are not: what one person is called may be what another one has chosen.
let lookAlikes: [(ours: String, theirs: String)] = [
    ("K8s-admins", "\u{212A}8s-admins"), ("k8s-admins", "\u{212A}8s-admins"), ("ops;prod", "ops\u{37E}prod"),
    ("a`b", "a\u{1FEF}b"),
    ("caf\u{E9}", "cafe\u{301}"), ("cafe\u{301}", "caf\u{E9}"), ("\u{C5}ngstr\u{F6}m", "\u{212B}ngstr\u{F6}m"),
    ("\u{3A9}", "\u{2126}"),
    ("a/b", "a/\u{301}b"), ("admins", "admins\u{200D}"), ("admins", "Admins"), ("\u{AC00}", "\u{1100}\u{1161}"),
]

extension Collection<String> {
    /// Whether they are the same texts, byte by byte.
    func areExactly(_ others: [String]) -> Bool {
        count == others.count && zip(self, others).allSatisfy { Array($0.utf8) == Array($1.utf8) }
    }
}
