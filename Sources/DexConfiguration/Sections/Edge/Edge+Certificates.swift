import Bytes

extension Configuration.Edge {
    /// Client certificates that trusted proxies forward in `x-forwarded-client-cert`.
    public struct Certificates: Sendable, Hashable {
        public enum Name: String, Sendable, Hashable, CaseIterable {
            case uri, dns, subject, hash
        }

        public struct Mapping: Sendable, Hashable {
            public var name: String
            public var subject: String?
            public var email: String?
            public var groups: [String]
        }

        /// What policies and backends see as issuer.
        public var issuer: String
        public var names: [Name] = [.uri, .dns, .subject]
        public var mappings: [Mapping] = []
        public var requireMapping = false
    }
}

extension Configuration.Edge.Certificates {
    static var schema: Schema<Self> {
        .mapping { keys in
            let issuer = keys.required(
                "issuer", .text, hint: "a name for the authority that signs them, such as issuer: spiffe://cluster.local")
            var found = Self(issuer: issuer ?? "")
            found.names = keys("names", .list(of: .word("part of a certificate", Name.self)), default: found.names)
            found.mappings = keys("mappings", .list(of: mappingSchema), default: [])
            found.requireMapping = keys("requireMapping", .bool, default: false)
            if let place = keys["names"], place.elements.isEmpty {
                keys.loading.problem("empty: nobody would be known", hint: "write for example [uri]", at: place)
            }
            if found.requireMapping, found.mappings.isEmpty {
                keys.problem("nobody would be known", hint: "write mappings, or requireMapping: false")
            }
            var seen: Set<ExactText> = []
            if let place = keys["mappings"] {
                for mapping in found.mappings where !seen.insert(mapping.name.exact).inserted {
                    keys.loading.problem("\(quoted(mapping.name)) is mapped twice", at: place)
                }
            }
            return issuer == nil ? nil : found
        }
    }

    private static var mappingSchema: Schema<Mapping> {
        .mapping { keys in
            let name = keys.required("name", .text, hint: "exactly as it stands in the certificate")
            let subject = keys("subject", .text)
            let email = keys("email", .text)
            let groups = keys("groups", .list(of: .text), default: [])
            return name.map { Mapping(name: $0, subject: subject, email: email, groups: groups) }
        }
    }
}
