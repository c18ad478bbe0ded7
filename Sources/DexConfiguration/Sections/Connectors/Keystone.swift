extension Configuration.Connector {
    /// OpenStack's directory of people.
    public struct Keystone: Sendable, Hashable {
        public var host: String
        /// An id if it is a UUID or `default`, else a name.
        public var domain: String
        /// Who asks about people that are not there.
        public var administrator: String
        public var password: Secret
        public var trust: ServiceTrust

        static var schema: Schema<Self> {
            .mapping { keys in
                let host = keys.required("keystoneHost", .serviceBase, hint: "for example https://keystone.example.com:5000")
                let domain = keys.required("domain", .text, hint: "for example default")
                let administrator = keys.required("keystoneUsername", .text, hint: "who may read people and their groups")
                let password = password(keys)
                let trust = ServiceTrust.read(keys)
                guard let host, let domain, let administrator, let password else { return nil }
                return Self(host: host, domain: domain, administrator: administrator, password: password, trust: trust)
            }
        }

        private static func password(_ keys: Keys) -> Secret? {
            let source = SecretSource(
                inline: "keystonePassword", variable: "keystonePasswordEnv", file: "keystonePasswordFile")
            switch source.read(keys) {
            case .found(let secret, _): return secret
            case .invalid: return nil
            case .absent: return keys.required("keystonePassword", .secret, hint: "write it, or keystonePasswordFile")
            }
        }
    }
}
