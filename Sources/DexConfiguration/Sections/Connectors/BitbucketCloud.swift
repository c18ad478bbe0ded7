extension Configuration.Connector {
    public struct BitbucketCloud: Sendable, Hashable {
        public var application: Application
        /// Not in Dex, which knows one.
        public var authURL: String
        /// Not in Dex, which knows one.
        public var apiURL: String
        public var trust: ServiceTrust
        /// Slugs of workspaces. Empty: anybody may log in.
        public var teams: [String]
        public var getWorkspacePermissions: Bool

        static var schema: Schema<Self> {
            .mapping { keys in
                let application = Application.read(keys)
                let authURL = keys("authURL", .serviceBase, default: "https://bitbucket.org")
                let apiURL = keys("apiURL", .serviceBase, default: "https://api.bitbucket.org/2.0")
                let trust = ServiceTrust.read(keys)
                let teams = keys("teams", .list(of: .text), default: [])
                let getWorkspacePermissions = keys("getWorkspacePermissions", .bool, default: false)
                if keys("includeTeamGroups", .bool) == true, let written = keys["includeTeamGroups"] {
                    keys.loading.warning(
                        "has no effect: Bitbucket has removed what it read", hint: "see getWorkspacePermissions", at: written)
                }
                guard let application else { return nil }
                return Self(
                    application: application, authURL: authURL, apiURL: apiURL, trust: trust, teams: teams,
                    getWorkspacePermissions: getWorkspacePermissions)
            }
        }
    }
}
