extension Configuration.Connector {
    public struct Gitea: Sendable, Hashable {
        public var application: Application
        public var baseURL: String
        public var trust: ServiceTrust
        public var organizations: [Organization]
        public var loadAllGroups: Bool
        public var useLoginAsID: Bool

        static var schema: Schema<Self> {
            .mapping { keys in
                let application = Application.read(keys)
                let baseURL = keys("baseURL", .serviceBase, default: "https://gitea.com")
                let trust = ServiceTrust.read(keys)
                let organizations = keys("orgs", .list(of: Organization.schema), default: [])
                let loadAllGroups = keys("loadAllGroups", .bool, default: false)
                let useLoginAsID = keys("useLoginAsID", .bool, default: false)
                guard let application else { return nil }
                return Self(
                    application: application, baseURL: baseURL, trust: trust, organizations: organizations,
                    loadAllGroups: loadAllGroups, useLoginAsID: useLoginAsID)
            }
        }
    }
}
