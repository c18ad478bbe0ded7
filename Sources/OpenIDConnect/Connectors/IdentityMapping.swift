import Bytes

/// What the configuration makes of an identity that a connector has found. The rules run in order; each sees what those before
/// it have made. The person's id is not among the claims: `sub` must never change.
public struct IdentityMapping: Sendable, Hashable {
    public enum Claim: String, Sendable, Hashable, CaseIterable {
        case name
        case preferredUsername = "preferred_username"
        case email
        case emailVerified = "email_verified"
        case groups
    }

    public struct Rule: Sendable, Hashable {
        public let claim: Claim
        public let change: Change

        public init(_ claim: Claim, _ change: Change) {
            self.claim = claim
            self.change = change
        }
    }

    /// A change of one claim. For `groups` each applies to every group.
    public enum Change: Sendable, Hashable {
        /// These values, whatever was there.
        case constant([String])
        /// The values of another claim; kept as it was if that one is empty.
        case copy(Claim)
        /// The values of other claims that are not empty, with a text between them.
        case join([Claim], separator: String)
        /// Values that match are rewritten: `$1` is what the first `*` stands for.
        case rewrite(TextPattern, to: String)
        case prefix(String)
        case suffix(String)
        /// ASCII letters; others stay, as Unicode makes one letter of several.
        case lowercase
        /// Only values that match one of these stay.
        case keep([TextPattern])
        /// Values that match one of these go.
        case drop([TextPattern])
        /// Values besides those that are there.
        case add([String])
    }

    private let rules: [Rule]

    public static let none = IdentityMapping([])

    public init(_ rules: [Rule]) {
        self.rules = rules
    }

    public func apply(to identity: Identity) -> Identity {
        var identity = identity
        for rule in rules {
            identity[rule.claim] = rule.change.apply(to: identity[rule.claim], of: identity)
        }
        return identity
    }
}

extension IdentityMapping.Change {
    fileprivate func apply(to values: [String], of identity: Identity) -> [String] {
        switch self {
        case .constant(let constant): return constant
        case .copy(let claim): return identity[claim].isEmpty ? values : identity[claim]
        case .join(let claims, let separator):
            return [claims.flatMap { identity[$0] }.joined(separator: separator)]
        case .rewrite(let pattern, let template):
            return values.map { value in pattern.captures(value).map { TextPattern.fill(template, with: $0) } ?? value }
        case .prefix(let text): return values.map { text + $0 }
        case .suffix(let text): return values.map { $0 + text }
        case .lowercase: return values.map(\.asciiLowercased)
        case .keep(let patterns): return values.filter { value in patterns.contains { $0.matches(value) } }
        case .drop(let patterns): return values.filter { value in !patterns.contains { $0.matches(value) } }
        case .add(let more): return values + more
        }
    }
}

extension Identity {
    /// The values of a claim: none where it is empty.
    fileprivate subscript(claim: IdentityMapping.Claim) -> [String] {
        get {
            switch claim {
            case .name: username.isEmpty ? [] : [username]
            case .preferredUsername: preferredUsername.isEmpty ? [] : [preferredUsername]
            case .email: email.isEmpty ? [] : [email]
            case .emailVerified: [emailVerified ? "true" : "false"]
            case .groups: groups
            }
        }
        set {
            switch claim {
            case .name: username = newValue.first ?? ""
            case .preferredUsername: preferredUsername = newValue.first ?? ""
            case .email: email = newValue.first ?? ""
            case .emailVerified: emailVerified = newValue.first?.exact == "true"
            case .groups:
                var seen: Set<ExactText> = []
                groups = newValue.filter { !$0.isEmpty && seen.insert($0.exact).inserted }
            }
        }
    }
}
