extension Configuration {
    /// Which flows are offered, and how.
    public struct OAuth2: Sendable, Hashable {
        /// What the operator allows. Whether `implicit` and `password` are served depends on ``responseTypes`` and
        /// ``passwordConnector`` too.
        public var grantTypes: Set<GrantType> = [.authorizationCode, .refreshToken, .implicit, .password]
        /// In the order of the file, each once.
        public var responseTypes: [ResponseType] = [.code]
        /// Whether people are not asked for their consent.
        public var skipApprovalScreen = false
        /// Whether the list of connectors is shown even if there is only one.
        public var alwaysShowLoginScreen = false
        /// The id of the connector that checks the passwords of the password grant; nil: there is no such grant.
        public var passwordConnector: String?
        /// Ours: `prompt=none` shows the login form instead of failing, as Kubeflow's proxy needs. Default false.
        public var promptNoneShowsLogin = false
        public var pkce = PKCE()
        /// Not in Dex.
        public var accessTokenFormat = AccessTokenFormat.jwt
    }
}

extension Configuration.OAuth2 {
    /// Proof Key for Code Exchange, RFC 7636.
    public struct PKCE: Sendable, Hashable {
        /// Whether an authorization request without a code challenge is refused: true for every client, false for none.
        /// Nil: for public clients, RFC 9700 §2.1.1.
        public var enforce: Bool?
        /// In the order of the file. Dex also has `plain` by default, which RFC 9700 §2.1.1 advises against.
        public var codeChallengeMethods: [PKCEMethod] = [.S256]
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let defaults = Self()
            return Self(
                grantTypes: keys("grantTypes", .list(of: .grantType)).flatMap { $0.isEmpty ? nil : Set($0) }
                    ?? defaults.grantTypes,
                responseTypes: keys("responseTypes", .list(of: .word("response type", ResponseType.self)))?.eachOnce
                    ?? defaults.responseTypes,
                skipApprovalScreen: keys("skipApprovalScreen", .bool, default: false),
                alwaysShowLoginScreen: keys("alwaysShowLoginScreen", .bool, default: false),
                passwordConnector: keys("passwordConnector", .text),
                promptNoneShowsLogin: keys("promptNoneShowsLogin", .bool, default: false),
                pkce: keys("pkce", PKCE.schema, default: PKCE()),
                accessTokenFormat: keys("accessTokenFormat", .word("access token format"), default: defaults.accessTokenFormat))
        }
    }
}

extension Configuration.OAuth2.PKCE {
    static var schema: Schema<Self> {
        .mapping { keys in
            let methods: Schema<[PKCEMethod]> = .list(of: .word("code challenge method"))
            return Self(
                enforce: keys("enforce", .bool),
                codeChallengeMethods: keys("codeChallengeMethodsSupported", methods)?.eachOnce ?? Self().codeChallengeMethods)
        }
    }
}

extension Schema<GrantType> {
    static var grantType: Schema { .word("grant type") }
}

extension Array where Element: Hashable {
    /// Each element at its first place; nil if there is none, which means the default as in Dex.
    fileprivate var eachOnce: Self? {
        var seen: Set<Element> = []
        return isEmpty ? nil : filter { seen.insert($0).inserted }
    }
}
