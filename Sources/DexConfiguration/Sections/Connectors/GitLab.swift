extension Configuration.Connector {
    public struct GitLab: Sendable, Hashable {
        public var application: Application
        public var baseURL: String
        public var trust: ServiceTrust
        /// Empty: anybody may log in. Else one of them is needed, and only these are told.
        public var groups: [String]
        public var useLoginAsID: Bool
        public var getGroupsPermission: Bool
        public var inheritedGroups: Bool

        static var schema: Schema<Self> {
            .mapping { keys in
                let application = Application.read(keys)
                let baseURL = keys("baseURL", .serviceBase, default: "https://gitlab.com")
                let trust = ServiceTrust.read(keys, one: "rootCAData")
                let groups = keys("groups", .list(of: .text), default: [])
                let useLoginAsID = keys("useLoginAsID", .bool, default: false)
                let getGroupsPermission = keys("getGroupsPermission", .bool, default: false)
                let inheritedGroups = keys("inheritedGroups", .bool, default: false)
                guard let application else { return nil }
                return Self(
                    application: application, baseURL: baseURL, trust: trust, groups: groups, useLoginAsID: useLoginAsID,
                    getGroupsPermission: getGroupsPermission, inheritedGroups: inheritedGroups)
            }
        }
    }
}
