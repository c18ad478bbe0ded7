extension Configuration.Connector {
    public struct OpenShift: Sendable, Hashable {
        public var application: Application
        /// Of the cluster's API.
        public var issuer: String
        public var trust: ServiceTrust
        /// Empty: anybody may log in.
        public var groups: [String]

        static var schema: Schema<Self> {
            .mapping { keys in
                let application = Application.read(keys)
                let issuer = keys.required(
                    "issuer", .serviceBase, hint: "the cluster's API, for example https://api.cluster.example.com:6443")
                let trust = ServiceTrust.read(keys, one: "rootCA", insecure: "insecureCA")
                let groups = keys("groups", .list(of: .text), default: [])
                guard let application, let issuer else { return nil }
                return Self(application: application, issuer: issuer, trust: trust, groups: groups)
            }
        }
    }
}
