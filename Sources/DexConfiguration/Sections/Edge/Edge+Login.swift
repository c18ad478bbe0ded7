import Bytes

extension Configuration.Edge {
    /// How browsers are led to a login, and where they may return to.
    public struct Login: Sendable, Hashable {
        public enum AnyAccept: String, Sendable, Hashable, CaseIterable {
            case login, unauthorized
        }

        /// Nil: Dextra itself.
        public var issuer: String?
        /// Nil, with Dextra itself: a client that nobody has to register.
        public var clientID: String?
        /// Nil: a public client, or that of `staticClients`.
        public var clientSecret: Secret?
        /// Certificates of authorities in PEM, for the issuer's server.
        public var rootCAs: [String] = []
        /// Where browsers are sent, if not where the issuer says: an address, or a path such as `/dex/auth` at whatever host they are.
        public var authURL: String?
        public var scopes: [String] = ["openid", "email", "profile", "groups", "offline_access"]
        public var prompt: String?
        /// Further parameters of the authorization request.
        public var parameters: [ExactText: String] = [:]
        /// An address, or a path; nil: `{prefix}/callback` at the host of the login.
        public var redirectURI: String?
        /// The login's scheme and host, where it is not at every host: `https://login.example.com`.
        public var origin: String?
        /// `a.com`, `.a.com`, `*.a.com`, `a.com:8443`, `a.com:*`.
        public var allowedRedirectHosts: [String] = []
        public var signInPage = false
        /// Whether sign-out leads to the provider's own sign-out.
        public var signOutOfProvider = true
        public var apiRoutes: [String] = []
        public var anyAccept = AnyAccept.login
        public var emailClaim = "email"
        public var groupsClaim = "groups"
        public var preferredUsernameClaim = "preferred_username"
        public var allowUnverifiedEmail = false

        public init() {}
    }
}

extension Configuration.Edge.Login {
    static var schema: Schema<Self> {
        .mapping { keys in
            var login = Self()
            login.issuer = keys("issuer", .serviceBase)
            login.clientID = keys("clientID", .text)
            login.clientSecret = secret(keys)
            login.rootCAs = keys("rootCAs", .list(of: .certificateAuthority), default: [])
            login.authURL = keys("authURL", .addressOrPath)
            login.scopes = keys("scopes", .list(of: .text), default: login.scopes)
            if !login.scopes.contains("openid") { login.scopes.insert("openid", at: 0) }
            login.prompt = keys("prompt", .text)
            login.parameters = keys("parameters", .dictionary, default: [:])
            login.redirectURI = keys("redirectURI", .addressOrPath)
            login.origin = keys("origin", .loginOrigin)
            login.allowedRedirectHosts = keys("allowedRedirectHosts", .list(of: .redirectHost), default: [])
            login.signInPage = keys("signInPage", .bool, default: false)
            login.signOutOfProvider = keys("signOutOfProvider", .bool, default: true)
            login.apiRoutes = keys("apiRoutes", .list(of: .routePath), default: [])
            login.anyAccept = keys("anyAccept", .word("answer", AnyAccept.self), default: .login)
            login.emailClaim = keys("emailClaim", .text, default: login.emailClaim)
            login.groupsClaim = keys("groupsClaim", .text, default: login.groupsClaim)
            login.preferredUsernameClaim = keys("preferredUsernameClaim", .text, default: login.preferredUsernameClaim)
            login.allowUnverifiedEmail = keys("allowUnverifiedEmail", .bool, default: false)
            check(login, keys)
            return login
        }
    }

    private static func secret(_ keys: Keys) -> Secret? {
        let source = SecretSource(inline: "clientSecret", variable: "clientSecretEnv", file: "clientSecretFile")
        if case .found(let secret, _) = source.read(keys) { return secret }
        return nil
    }

    /// Written by the flow itself.
    private static let ownParameters: Set<ExactText> = [
        "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
        "prompt", "response_mode",
    ]

    private static func isManyHosts(_ host: String) -> Bool {
        host.startsWithByte(".") || host.startsWithByte("*") || host.endsWithBytes(of: ":*")
    }

    private static func check(_ login: Self, _ keys: Keys) {
        if login.issuer != nil, login.clientID == nil {
            keys.loading.problem(
                "missing", hint: "the provider gave it when we were registered there", at: keys.mapping.position,
                path: keys.mapping.path.key("clientID"))
        }
        let hasExactHost = login.allowedRedirectHosts.contains { !isManyHosts($0) }
        if login.issuer != nil, login.redirectURI == nil, !hasExactHost {
            keys.loading.problem(
                "missing", hint: "write for example redirectURI: https://app.example.com/oauth2/callback, and register that",
                at: keys.mapping.position, path: keys.mapping.path.key("redirectURI"))
        }
        if login.issuer == nil, login.clientID == nil, login.redirectURI == nil, login.origin == nil,
            let written = keys["allowedRedirectHosts"], let many = login.allowedRedirectHosts.first(where: isManyHosts)
        {
            keys.loading.problem(
                "\(many) stands for many hosts, and people can log in only at hosts that are written out",
                hint:
                    "write out each host with its port; or where all log in, such as origin: https://login.example.com, and session.cookie.domain",
                at: written)
        }
        if let written = keys["parameters"], let name = login.parameters.keys.sorted().first(where: ownParameters.contains) {
            keys.loading.problem("\(name) is written by the login itself", at: written)
        }
        if login.issuer == nil, let written = keys["clientSecret"], login.clientID == nil {
            keys.loading.problem("a secret of which client?", hint: "write clientID, or remove both", at: written)
        }
    }
}

extension Schema<String> {
    /// An address of the web, or a path on whatever host a browser is.
    fileprivate static var addressOrPath: Schema {
        Schema { place, loading in
            guard let text = Schema<String>.text.read(place, loading) else { return nil }
            guard text.startsWithBytes(of: "/") else { return Schema<String>.serviceEndpoint.read(place, loading) }
            return Schema<String>.redirectURI.read(place, loading)
        }
    }

    fileprivate static var loginOrigin: Schema {
        serviceBase.map { text throws(Mistake) in
            let parts = text.cut(at: "/")
            guard parts.count == 3 else {
                throw Mistake("\(quoted(text)) has a path", hint: "write scheme and host only, such as https://login.example.com")
            }
            guard Authority(parts[2]) != nil else {
                throw Mistake("\(quoted(text)) has no plain host", hint: "write for example https://login.example.com")
            }
            return text.asciiLowercased
        }
    }

    fileprivate static var redirectHost: Schema {
        text.map { text throws(Mistake) in
            let hint = "write for example app.example.com, .example.com for it and all below, or app.example.com:8443"
            guard text != "*", text != ".", text != "*." else {
                throw Mistake("every host of the world may not be one to send people to", hint: hint)
            }
            let below = text.afterBytes(of: "*.") ?? text.afterBytes(of: ".")
            let name = below ?? text[...]
            let anyPort = name.beforeBytes(of: ":*")
            guard let authority = Authority(anyPort ?? name), anyPort == nil || authority.port == nil,
                below == nil || !name.startsWithByte("[")
            else { throw Mistake("\(quoted(text)) is no host", hint: hint) }
            return text.asciiLowercased
        }
    }

    fileprivate static var routePath: Schema {
        text.map { text throws(Mistake) in
            guard text.startsWithBytes(of: "/"), !text.containsByte("?"), !text.containsByte("*") else {
                throw Mistake(
                    "\(quoted(text)) is no path", hint: "write /api/ for all below it, or /v2/models for that path alone")
            }
            return text
        }
    }
}
