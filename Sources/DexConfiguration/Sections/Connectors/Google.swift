import Bytes

extension Configuration.Connector {
    public struct Google: Sendable, Hashable {
        public var application: Application
        /// Not in Dex, which knows one.
        public var issuer: String
        /// Of the Directory API. Not in Dex, which knows one.
        public var directoryURL: String
        public var trust: ServiceTrust
        public var scopes: [String]
        public var hostedDomains: [String]
        public var groups: [String]
        /// Nil: default credentials of Google's tools, if there are administrators.
        public var serviceAccountFilePath: String?
        /// By the domain of the person's address; `*` is for all others.
        public var domainToAdminEmail: [ExactText: String]
        public var fetchTransitiveGroupMembership: Bool
        public var promptType: String

        static var schema: Schema<Self> {
            .mapping { keys in
                let application = Application.read(keys)
                let issuer = keys("issuer", .serviceBase, default: "https://accounts.google.com")
                let directoryURL = keys("directoryURL", .serviceBase, default: "https://admin.googleapis.com")
                let trust = ServiceTrust.read(keys)
                let scopes = keys("scopes", .list(of: .text), default: [])
                let hostedDomains = keys("hostedDomains", .list(of: .text), default: [])
                let groups = keys("groups", .list(of: .text), default: [])
                let serviceAccountFilePath = keys("serviceAccountFilePath", .text)
                var administrators = keys("domainToAdminEmail", .dictionary, default: [:])
                if let administrator = keys("adminEmail", .text) { administrators["*"] = administrator }
                let fetchTransitiveGroupMembership = keys("fetchTransitiveGroupMembership", .bool, default: false)
                let promptType = keys("promptType", .text, default: "consent")
                checkDirectory(keys)
                guard let application else { return nil }
                return Self(
                    application: application, issuer: issuer, directoryURL: directoryURL, trust: trust,
                    scopes: scopes.isEmpty ? ["profile", "email"] : scopes, hostedDomains: hostedDomains, groups: groups,
                    serviceAccountFilePath: serviceAccountFilePath, domainToAdminEmail: administrators,
                    fetchTransitiveGroupMembership: fetchTransitiveGroupMembership, promptType: promptType)
            }
        }

        /// Groups are read by a service account in the name of an administrator.
        private static func checkDirectory(_ keys: Keys) {
            let administrator = keys["domainToAdminEmail"] ?? keys["adminEmail"]
            if let file = keys["serviceAccountFilePath"], administrator == nil {
                keys.loading.problem(
                    "domainToAdminEmail is missing", hint: "write for example domainToAdminEmail: {\"*\": admin@example.com}",
                    at: file)
            }
            if let old = keys["adminEmail"] {
                keys.loading.warning("an old key", hint: "write domainToAdminEmail: {\"*\": …}", at: old)
            }
            if let groups = keys["groups"], administrator == nil {
                keys.loading.problem(
                    "groups cannot be read, so that anybody could log in",
                    hint: "write serviceAccountFilePath and domainToAdminEmail", at: groups)
            }
        }
    }
}
