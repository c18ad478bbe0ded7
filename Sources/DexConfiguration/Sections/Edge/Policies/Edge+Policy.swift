import Bytes

extension Configuration.Edge {
    /// Who may do what where: an element of `edge.policies`.
    public struct Policy: Sendable, Hashable {
        public enum Anonymous: Sendable, Hashable {
            case nobody
            case everybody
            case at([AddressRange])
        }

        public enum Rules: Sendable, Hashable {
            /// `allow: authenticated`: everybody who is known; `deny: everybody`.
            case all
            case any([Rule])
        }

        /// For logs and explanations.
        public var name: String?
        /// Empty: every host.
        public var hosts: [Host]
        /// Empty: every path.
        public var paths: [Path]
        /// In upper case; empty: every method.
        public var methods: [String]
        /// Nil: for requests with any selector and without one.
        public var selector: String?
        /// Who need not be known.
        public var anonymous: Anonymous
        /// Before `anonymous` and `allow`.
        public var deny: Rules
        public var allow: Rules
        /// The audience of the signed assertion for the backend.
        public var backendAudience: String?
    }
}

extension Configuration.Edge.Policy {
    static var schema: Schema<Self> {
        .mapping(isStrict: true) { keys in
            keys.refuseEmptyValues()
            let name = keys("name", .text)
            let hosts = keys("host", .oneOrMany(of: .policyHost))
            let paths = keys("path", .oneOrMany(of: .policyPaths))
            let methods = keys("method", .oneOrMany(of: .method), default: [])
            let selector = keys("selector", .text)
            let anonymous = keys("anonymous", Anonymous.schema)
            let deny = keys("deny", Rules.schema(word: "everybody"))
            let allow = keys("allow", Rules.schema(word: "authenticated"))
            let audience = keys("backendAudience", .text)
            let policy = Self(
                name: name, hosts: Self.unlessEvery(hosts ?? []), paths: Self.unlessEvery(paths ?? []).flatMap { $0 },
                methods: methods, selector: selector, anonymous: anonymous ?? .nobody, deny: deny ?? .any([]),
                allow: allow ?? .any([]), backendAudience: audience)
            policy.checkSense(keys)
            return policy
        }
    }

    /// One that stands for everything makes the others needless.
    private static func unlessEvery<Value>(_ values: [Value?]) -> [Value] {
        values.contains { $0 == nil } ? [] : values.compactMap { $0 }
    }

    private func checkSense(_ keys: Keys) {
        if keys["deny"] != nil, deny == .all {
            for key in ["allow", "anonymous", "backendAudience"] {
                if let place = keys[key] { keys.loading.problem("everybody is denied before", hint: "remove it", at: place) }
            }
        } else if keys["allow"] == nil, keys["anonymous"] == nil {
            keys.problem(
                "nobody is allowed", hint: "write allow with rules, allow: authenticated, anonymous: true, or deny: everybody")
        }
        if anonymous == .everybody, let place = keys["allow"] {
            keys.loading.problem("everybody is allowed already", hint: "remove allow, or anonymous", at: place)
        }
    }
}

extension Configuration.Edge.Policy.Anonymous {
    /// `true`, or ranges of addresses.
    fileprivate static var schema: Schema<Self> {
        Schema { place, loading in
            if case .bool(let value) = place.value.content { return value ? .everybody : .nobody }
            return Schema<[AddressRange]>.oneOrMany(of: .addressRangeOrAddress).read(place, loading).map { .at($0) }
        }
    }
}

extension Configuration.Edge.Policy.Rules {
    fileprivate static func schema(word: String) -> Schema<Self> {
        Schema { place, loading in
            if let text = place.string {
                if text.hasSameBytes(as: word) { return .all }
                loading.problem("unknown word \(quoted(text))", hint: "write \(word), or a list of rules", at: place)
                return nil
            }
            if case .mapping = place.value.content {
                loading.problem("expected a list of rules, found one", hint: "write it in brackets: [{…}]", at: place)
                return nil
            }
            guard
                let rules = Schema<[Configuration.Edge.Policy.Rule]>
                    .list(of: Configuration.Edge.Policy.Rule.schema(word: word)).read(place, loading)
            else { return nil }
            if place.elements.isEmpty {
                loading.problem("a list without rules", hint: "write rules, \(word), or remove it", at: place)
            }
            return .any(rules)
        }
    }
}

extension Schema<String> {
    fileprivate static var method: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            guard text.utf8.allSatisfy({ (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "-") }) else {
                throw Mistake("\(quoted(text)) is not a method", hint: "methods are in upper case, such as GET")
            }
            return text
        }
    }
}

extension Schema<AddressRange> {
    /// One address is a range, too.
    static var addressRangeOrAddress: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            if let range = AddressRange(text) { return range }
            switch IPAddress(text) {
            case .v4: if let range = AddressRange(text + "/32") { return range }
            case .v6: if let range = AddressRange(text + "/128") { return range }
            case nil: break
            }
            throw Mistake("\(quoted(text)) is not an address or a range", hint: "write for example 10.0.0.0/8 or 10.1.2.3")
        }
    }
}

extension Keys {
    /// Keys without a value must not widen a rule: `groups:` with nothing behind it is a mistake, not "any group".
    func refuseEmptyValues() {
        guard case .mapping(let entries) = mapping.value.content else { return }
        for entry in entries {
            let value = Located(value: entry.value, path: mapping.path.key(entry.key))
            if value.isAbsent { loading.problem("empty", hint: "write a value, or remove the key", at: value) }
        }
    }
}

extension Schema {
    /// A list, or one value that stands for a list of one. An empty list is refused.
    static func oneOrMany<Element>(of element: Schema<Element>) -> Schema where Value == [Element] {
        Schema { place, loading in
            guard case .sequence(let values) = place.value.content else {
                return element.read(place, loading).map { [$0] }
            }
            if values.isEmpty {
                loading.problem("an empty list", hint: "write at least one value, or remove the key", at: place)
                return nil
            }
            return Schema<[Element]>.list(of: element).read(place, loading)
        }
    }
}
