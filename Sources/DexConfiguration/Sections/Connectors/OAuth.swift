extension Configuration.Connector {
    /// Any service that has a token endpoint and an address that tells who somebody is.
    public struct OAuth: Sendable, Hashable {
        public var application: Application
        public var authorizationURL: String
        public var tokenURL: String
        public var userInfoURL: String
        public var scopes: [String]
        public var trust: ServiceTrust
        /// Nil: the secret goes into the header, and into the form where that is refused. Not in Dex.
        public var basicAuthUnsupported: Bool?
        /// Not in Dex, which sends none.
        public var challenge: Challenge
        public var userIDKey: String
        public var claims: Claims
    }
}

extension Configuration.Connector.OAuth {
    public enum Challenge: String, Sendable, Hashable, CaseIterable {
        case none, plain, S256
    }

    public struct Claims: Sendable, Hashable {
        public var userNameKey = "user_name"
        public var preferredUsernameKey = "preferred_username"
        public var groupsKey = "groups"
        public var emailKey = "email"
        public var emailVerifiedKey = "email_verified"
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let application = Configuration.Connector.Application.read(keys, needsSecret: false)
            let authorizationURL = keys.required("authorizationURL", .serviceEndpoint, hint: "where browsers are sent")
            let tokenURL = keys.required("tokenURL", .serviceEndpoint, hint: "where codes become tokens")
            let userInfoURL = keys.required("userInfoURL", .serviceEndpoint, hint: "what tells who has a token")
            let scopes = keys("scopes", .list(of: .text), default: [])
            let trust = Configuration.Connector.ServiceTrust.read(keys, insecure: "insecureSkipVerify")
            let basicAuthUnsupported = keys("basicAuthUnsupported", .bool)
            let challenge = keys("pkceChallenge", .word("PKCE method", Challenge.self), default: .none)
            let userIDKey = keys("userIDKey", .text, default: "id")
            let claims = keys("claimMapping", Claims.schema, default: Claims())
            guard let application, let authorizationURL, let tokenURL, let userInfoURL else { return nil }
            return Self(
                application: application, authorizationURL: authorizationURL, tokenURL: tokenURL, userInfoURL: userInfoURL,
                scopes: scopes, trust: trust, basicAuthUnsupported: basicAuthUnsupported, challenge: challenge,
                userIDKey: userIDKey, claims: claims)
        }
    }
}

extension Configuration.Connector.OAuth.Claims {
    fileprivate static var schema: Schema<Self> {
        .mapping { keys in
            let usual = Self()
            return Self(
                userNameKey: keys("userNameKey", .text, default: usual.userNameKey),
                preferredUsernameKey: keys("preferredUsernameKey", .text, default: usual.preferredUsernameKey),
                groupsKey: keys("groupsKey", .text, default: usual.groupsKey),
                emailKey: keys("emailKey", .text, default: usual.emailKey),
                emailVerifiedKey: keys("emailVerifiedKey", .text, default: usual.emailVerifiedKey))
        }
    }
}
