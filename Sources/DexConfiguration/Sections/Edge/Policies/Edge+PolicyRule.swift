import Bytes

extension Configuration.Edge.Policy {
    /// An element of `allow` or `deny`: everything in it must hold, of each list one value. Texts may have a `*` at one end.
    public struct Rule: Sendable, Hashable {
        public var issuers: [String]
        public var audiences: [String]
        public var groups: [String]
        /// Without stars.
        public var emails: [String]
        /// In lower case; `.example.com` for `*.example.com`.
        public var emailDomains: [String]
        /// `issuer/subject`.
        public var principals: [String]
        public var claims: [Claim]
        public var addresses: [AddressRange]
    }

    /// What a claim must be.
    public struct Claim: Sendable, Hashable {
        public enum Value: Sendable, Hashable {
            /// With a `*` at one end, perhaps.
            case text(String)
            case integer(Int64)
            case bool(Bool)
        }

        public var path: [String]
        public var values: [Value]
    }
}

extension Configuration.Edge.Policy.Rule {
    /// - Parameter word: what to write for a rule that fits everybody.
    static func schema(word: String) -> Schema<Self> {
        .mapping(isStrict: true) { keys in
            keys.refuseEmptyValues()
            if case .mapping(let entries) = keys.mapping.value.content, entries.isEmpty {
                keys.problem("a rule that asks for nothing", hint: "write \(word) instead of the list")
            }
            return Self(
                issuers: keys("issuers", .oneOrMany(of: .pattern), default: []),
                audiences: keys("audiences", .oneOrMany(of: .pattern), default: []),
                groups: keys("groups", .oneOrMany(of: .pattern), default: []),
                emails: keys("emails", .oneOrMany(of: .emailAddress), default: []),
                emailDomains: keys("emailDomains", .oneOrMany(of: .emailDomainOrBelow), default: []),
                principals: keys("principals", .oneOrMany(of: .principal), default: []),
                claims: keys("claims", .claims, default: []),
                addresses: keys("addresses", .oneOrMany(of: .addressRangeOrAddress), default: []))
        }
    }
}

extension Schema<String> {
    /// A text with a `*` at most at one end.
    static var pattern: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let stars = text.utf8.count { $0 == UInt8(ascii: "*") }
            let isAtEnd = text.utf8.first == UInt8(ascii: "*") || text.utf8.last == UInt8(ascii: "*")
            guard stars == 0 || (stars == 1 && isAtEnd) else {
                throw Mistake("\(quoted(text)) has a * in the middle, or several", hint: "one at the beginning or at the end")
            }
            return text
        }
    }

    fileprivate static var emailAddress: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let parts = text.cut(at: "@")
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw Mistake("\(quoted(text)) is not an e-mail address")
            }
            guard !text.containsByte("*") else {
                throw Mistake("\(quoted(text)) has a *", hint: "write emailDomains: [\(parts[1])]")
            }
            return text
        }
    }

    fileprivate static var emailDomainOrBelow: Schema {
        Schema { place, loading in
            guard let below = place.string?.afterBytes(of: "*.") else { return Schema<String>.emailDomain.read(place, loading) }
            let domain = YAMLValue(position: place.position, content: .string(String(below)))
            return Schema<String>.emailDomain.read(Located(value: domain, path: place.path), loading).map { "." + $0 }
        }
    }

    fileprivate static var principal: Schema {
        Schema<String>.pattern.map { text throws(Mistake) in
            guard text.containsByte("/") || text.containsByte("*") else {
                throw Mistake(
                    "\(quoted(text)) is nobody", hint: "write issuer/subject, such as https://sso.example.com/dex/\(text)")
            }
            return text
        }
    }
}

extension Schema<[Configuration.Edge.Policy.Claim]> {
    /// A mapping of names to values, lists of values, or mappings of the same kind.
    fileprivate static var claims: Schema {
        Schema { place, loading in read([], place, loading) }
    }

    private static func read(_ path: [String], _ place: Located, _ loading: Loading) -> [Configuration.Edge.Policy.Claim]? {
        if case .mapping(let entries) = place.value.content {
            if entries.isEmpty {
                loading.problem("no claim", hint: "write for example department: research", at: place)
                return nil
            }
            var claims: [Configuration.Edge.Policy.Claim] = []
            for entry in entries {
                let value = Located(value: entry.value, path: place.path.key(entry.key))
                claims += read(path + [entry.key], value, loading) ?? []
            }
            return claims
        }
        guard !path.isEmpty else {
            loading.problem("expected a mapping, found \(place.kind)", hint: "write for example department: research", at: place)
            return nil
        }
        return Schema<[Configuration.Edge.Policy.Claim.Value]>.oneOrMany(of: .claimValue).read(place, loading).map {
            [Configuration.Edge.Policy.Claim(path: path, values: $0)]
        }
    }
}

extension Schema<Configuration.Edge.Policy.Claim.Value> {
    fileprivate static var claimValue: Schema {
        Schema { place, loading in
            switch place.value.content {
            case .bool(let value): return .bool(value)
            case .number(let text):
                if let number = Int64(text) { return .integer(number) }
                loading.problem("expected a whole number", hint: "or text in quotes", at: place)
                return nil
            case .string where !place.isAbsent: return Schema<String>.pattern.read(place, loading).map { .text($0) }
            case .null, .string:
                loading.problem("empty", hint: "write a value, or \"*\" for any text", at: place)
                return nil
            case .sequence, .mapping:
                loading.problem("expected a value, found \(place.kind)", at: place)
                return nil
            }
        }
    }
}
