extension Configuration.Connector {
    public struct AtlassianCrowd: Sendable, Hashable {
        public var baseURL: String
        /// The name of the application in Crowd.
        public var clientID: String
        public var clientSecret: Secret
        public var trust: ServiceTrust
        /// Empty: anybody may log in.
        public var groups: [String]
        public var preferredUsernameField: PreferredUsernameField?
        /// Nil: "Username".
        public var usernamePrompt: String?

        public enum PreferredUsernameField: String, Sendable, Hashable, CaseIterable {
            case key, name, email
        }

        static var schema: Schema<Self> {
            .mapping { keys in
                let baseURL = keys.required("baseURL", .serviceBase, hint: "for example https://crowd.example.com/crowd")
                let clientID = keys.required("clientID", .text, hint: "the name of the application in Crowd")
                let clientSecret = Application.secret(keys, isNeeded: true)
                let trust = ServiceTrust.read(keys)
                let groups = keys("groups", .list(of: .text), default: [])
                let field = keys("preferredUsernameField", .word("field", PreferredUsernameField.self))
                let usernamePrompt = keys("usernamePrompt", .text)
                guard let baseURL, let clientID, let clientSecret else { return nil }
                return Self(
                    baseURL: baseURL, clientID: clientID, clientSecret: clientSecret, trust: trust, groups: groups,
                    preferredUsernameField: field, usernamePrompt: usernamePrompt)
            }
        }
    }
}
