import Bytes

extension Configuration.Connector {
    /// One element of `claims`: what becomes of a claim of everybody that this connector finds. Beyond Dex.
    public struct ClaimRule: Sendable, Hashable {
        public enum Claim: String, Sendable, Hashable, CaseIterable {
            case name
            case preferredUsername = "preferred_username"
            case email
            case emailVerified = "email_verified"
            case groups
        }

        /// Exactly one in each rule. Patterns: `*` stands for any text, `?` for one character.
        public enum Change: Sendable, Hashable {
            case value([String])
            case from(Claim)
            case join([Claim], with: String)
            /// `$1` … `$9` in `to` are what the stars stand for.
            case match(String, to: String)
            case prefix(String)
            case suffix(String)
            case lowercase
            case keep([String])
            case drop([String])
            case add([String])
        }

        public var claim: Claim
        public var change: Change
    }
}

extension Configuration.Connector.ClaimRule {
    static var schema: Schema<Self> {
        .mapping { keys in
            let claim = keys.required("claim", .word("claim", Claim.self), hint: "one of \(claims)")
            let separator = keys("with", .text)
            let template = keys("to", .text)
            var changes: [Change] = []
            if let value = keys("value", .values(of: claim)) { changes.append(.value(value)) }
            if let other = keys("from", .word("claim", Claim.self)) { changes.append(.from(other)) }
            if let others = keys("join", .list(of: .word("claim", Claim.self))) {
                changes.append(.join(others, with: separator ?? " "))
            } else if let place = keys["with"] {
                keys.loading.problem("only join takes with", at: place)
            }
            if let pattern = keys("match", .text) {
                changes.append(.match(pattern, to: template ?? ""))
                Self.check(template, pattern: pattern, keys)
            } else if let place = keys["to"] {
                keys.loading.problem("only match takes to", at: place)
            }
            if let text = keys("prefix", .text) { changes.append(.prefix(text)) }
            if let text = keys("suffix", .text) { changes.append(.suffix(text)) }
            if keys("lowercase", .onlyTrue) != nil { changes.append(.lowercase) }
            if let patterns = keys("keep", .list(of: .text)) { changes.append(.keep(patterns)) }
            if let patterns = keys("drop", .list(of: .text)) { changes.append(.drop(patterns)) }
            if let values = keys("add", .list(of: .text)) { changes.append(.add(values)) }

            guard let claim else { return nil }
            guard let change = changes.first, changes.count == 1 else {
                keys.problem(
                    changes.isEmpty ? "a rule without a change" : "a rule with several changes",
                    hint: "write exactly one of value, from, join, match, prefix, suffix, lowercase, keep, drop, add")
                return nil
            }
            if claim == .emailVerified {
                guard case .value = change else {
                    keys.problem("email_verified can only be set", hint: "write value: true or value: false")
                    return nil
                }
            } else if claim != .groups, !change.fitsOneValue {
                keys.problem("keep, drop and add are for groups, which are many", hint: "write claim: groups")
                return nil
            }
            return Self(claim: claim, change: change)
        }
    }

    private static var claims: String { Claim.allCases.map(\.rawValue).joined(separator: ", ") }

    private static func check(_ template: String?, pattern: String, _ keys: Keys) {
        guard let template else {
            return keys.problem("match without to", hint: "write to: what becomes of it, as in to: \"$1\"")
        }
        let stars = pattern.utf8.count { $0 == UInt8(ascii: "*") }
        let digits = zip(template.utf8, template.utf8.dropFirst()).compactMap { sign, digit in
            sign == UInt8(ascii: "$") && digit.isASCIIDigit ? Int(digit - UInt8(ascii: "0")) : nil
        }
        guard let place = keys["to"], let tooHigh = digits.first(where: { $0 > stars || $0 == 0 }) else { return }
        keys.loading.problem(
            "$\(tooHigh) stands for nothing", hint: "the pattern has \(stars) * to take it from", at: place)
    }
}

extension Configuration.Connector.ClaimRule.Change {
    fileprivate var fitsOneValue: Bool {
        switch self {
        case .keep, .drop, .add: false
        case .value, .from, .join, .match, .prefix, .suffix, .lowercase: true
        }
    }
}

extension Schema<[String]> {
    /// What `value` may be: true or false for `email_verified`, a list for `groups`, text for the others.
    fileprivate static func values(of claim: Configuration.Connector.ClaimRule.Claim?) -> Schema {
        switch claim {
        case .emailVerified: Schema<Bool>.bool.map { value throws(Mistake) in [value ? "true" : "false"] }
        case .groups: .list(of: .text)
        case .name, .preferredUsername, .email, nil: Schema<String>.text.map { value throws(Mistake) in [value] }
        }
    }
}

extension Schema<Bool> {
    fileprivate static var onlyTrue: Schema {
        Schema<Bool>.bool.map { value throws(Mistake) in
            if value { return true }
            throw Mistake("a change that is not made", hint: "write true, or leave the rule out")
        }
    }
}
