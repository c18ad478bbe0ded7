extension Configuration.Connector {
    public struct LinkedIn: Sendable, Hashable {
        public var application: Application
        /// Not in Dex, which knows one.
        public var authURL: String
        /// Not in Dex, which knows one.
        public var apiURL: String
        public var trust: ServiceTrust

        static var schema: Schema<Self> {
            .mapping { keys in
                let application = Application.read(keys)
                let authURL = keys("authURL", .serviceBase, default: "https://www.linkedin.com")
                let apiURL = keys("apiURL", .serviceBase, default: "https://api.linkedin.com/v2")
                let trust = ServiceTrust.read(keys)
                return application.map { Self(application: $0, authURL: authURL, apiURL: apiURL, trust: trust) }
            }
        }
    }
}
