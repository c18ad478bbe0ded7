import Bytes

extension Configuration.Connector {
    /// An OpenID Connect provider. The names are those of the keys.
    public struct OIDC: Sendable, Hashable {
        public var issuer: String
        public var issuerAlias: String?
        public var clientID: String
        /// Nil: we are a public client there.
        public var clientSecret: Secret?
        /// Without `openid`, which always comes first.
        public var scopes: [String] = ["profile", "email"]
        public var overrides = Overrides()
        /// Nil: as the provider says.
        public var basicAuthUnsupported: Bool?
        /// In PEM.
        public var rootCAs: [String] = []
        public var insecureSkipVerify = false
        public var insecureSkipEmailVerified = false
        public var insecureEnableGroups = false
        public var allowedGroups: [String] = []
        public var acrValues: [String] = []
        public var getUserInfo = false
        public var userIDKey: String?
        public var userNameKey: String?
        /// Empty: none.
        public var promptType = "consent"
        /// Nil: the best that the provider announces.
        public var pkceChallenge: PKCEMethod?
        public var overrideClaimMapping = false
        public var claimMapping = ClaimMapping()
        public var claimModifications = ClaimModifications()
        /// Whether a logout here ends the session there. Not in Dex.
        public var upstreamLogout = true

        /// `providerDiscoveryOverrides`: addresses that count instead of those of the discovery document.
        public struct Overrides: Sendable, Hashable {
            public var tokenURL: String?
            public var authURL: String?
            public var jwksURL: String?
            public var userInfoURL: String?
            public var endSessionURL: String?
        }

        /// Names of claims.
        public struct ClaimMapping: Sendable, Hashable {
            public var preferredUsername: String?
            public var email: String?
            public var groups: String?
        }

        public struct ClaimModifications: Sendable, Hashable {
            public var newGroupFromClaims: [NewGroup] = []
            /// A regular expression.
            public var groupsFilter: String?
            public var prefix = ""
            public var suffix = ""
        }

        public struct NewGroup: Sendable, Hashable {
            public var claims: [String]
            public var delimiter: String
            public var clearDelimiter: Bool
            public var prefix: String
        }
    }
}

extension Configuration.Connector.OIDC {
    static var schema: Schema<Self> {
        Schema<Self>.mapping { keys in
            let issuer = keys.required("issuer", .upstreamURL, hint: "write for example issuer: https://accounts.example.com")
            let clientID = keys.required("clientID", .text, hint: "the provider gave it when we were registered there")
            guard var found = issuer.flatMap({ issuer in clientID.map { Self(issuer: issuer, clientID: $0) } }) ?? placeholder
            else { return nil }
            found.clientSecret = secret(keys)
            // Whether it is the right one is known only with the issuer: CrossChecks.
            _ = keys("redirectURI", .text)
            found.issuerAlias = keys("issuerAlias", .text)
            found.overrides = keys("providerDiscoveryOverrides", overridesSchema, default: Overrides())
            found.basicAuthUnsupported = keys("basicAuthUnsupported", .bool)
            let scopes = keys("scopes", .list(of: .text), default: [])
            if !scopes.isEmpty { found.scopes = scopes.filter { $0 != "openid" } }
            hostedDomains(keys)
            found.rootCAs = keys("rootCAs", .list(of: .certificateAuthority), default: [])
            found.insecureSkipVerify = keys("insecureSkipVerify", .bool, default: false)
            found.insecureSkipEmailVerified = keys("insecureSkipEmailVerified", .bool, default: false)
            found.insecureEnableGroups = keys("insecureEnableGroups", .bool, default: false)
            found.allowedGroups = keys("allowedGroups", .list(of: .text), default: [])
            found.acrValues = keys("acrValues", .list(of: .text), default: [])
            found.getUserInfo = keys("getUserInfo", .bool, default: false)
            found.userIDKey = keys("userIDKey", .text)
            found.userNameKey = keys("userNameKey", .text)
            found.promptType = keys("promptType", .text) ?? (keys.isWritten("promptType") ? "" : "consent")
            found.pkceChallenge = keys("pkceChallenge", .word("PKCE method", PKCEMethod.self))
            found.overrideClaimMapping = keys("overrideClaimMapping", .bool, default: false)
            found.claimMapping = keys("claimMapping", claimMappingSchema, default: ClaimMapping())
            found.claimModifications = keys("claimModifications", modificationsSchema, default: ClaimModifications())
            found.upstreamLogout = keys("upstreamLogout", .bool, default: true)
            warn(found, keys)
            return issuer == nil || clientID == nil ? nil : found
        }.expandingEnvironment()
    }

    /// So that every key is read though one that is required is missing.
    private static var placeholder: Self? { Self(issuer: "", clientID: "") }

    private static func secret(_ keys: Keys) -> Secret? {
        let secret = keys("clientSecret", .secret)
        guard let path = keys("clientSecretFile", .text), let place = keys["clientSecretFile"] else { return secret }
        guard keys["clientSecret"] == nil else {
            keys.loading.problem("given twice", hint: "write one of clientSecret, clientSecretFile", at: place)
            return nil
        }
        guard let text = keys.loading.contents(ofFile: path, namedAt: place) else { return nil }
        guard !text.isEmpty else {
            keys.loading.problem("the file \(quoted(path)) is empty", at: place)
            return nil
        }
        return Secret(text)
    }

    private static func hostedDomains(_ keys: Keys) {
        _ = keys("hostedDomains", .anything)
        guard let written = keys["hostedDomains"] else { return }
        keys.loading.problem(
            "this connector does not look at hosted domains, as in Dex", hint: "use the connector google, which does",
            at: written)
    }

    private static func warn(_ found: Self, _ keys: Keys) {
        if let written = keys["allowedGroups"], !found.insecureEnableGroups {
            keys.loading.warning("not used, because insecureEnableGroups is not set", at: written)
        }
        if let written = keys["insecureSkipVerify"], found.insecureSkipVerify {
            keys.loading.warning(
                "the provider's certificate is not checked: anybody in between can log in as anybody", at: written)
        }
    }

    private static var overridesSchema: Schema<Overrides> {
        .mapping { keys in
            // Dex reads it for its own device flow at the provider, which nothing here uses.
            _ = keys("deviceAuthURL", .upstreamURL)
            return Overrides(
                tokenURL: keys("tokenURL", .upstreamURL), authURL: keys("authURL", .upstreamURL),
                jwksURL: keys("jwksURL", .upstreamURL), userInfoURL: keys("userInfoURL", .upstreamURL),
                endSessionURL: keys("endSessionURL", .upstreamURL))
        }
    }

    private static var claimMappingSchema: Schema<ClaimMapping> {
        .mapping { keys in
            ClaimMapping(
                preferredUsername: keys("preferred_username", .text), email: keys("email", .text), groups: keys("groups", .text))
        }
    }

    private static var modificationsSchema: Schema<ClaimModifications> {
        .mapping { keys in
            var found = ClaimModifications()
            found.newGroupFromClaims = keys("newGroupFromClaims", .list(of: newGroupSchema), default: [])
            found.groupsFilter =
                keys("filterGroupClaims", Schema<String?>.mapping { $0("groupsFilter", .regularExpression) }) ?? nil
            let names = keys(
                "modifyGroupNames",
                Schema<[String]>.mapping { [$0("prefix", .text, default: ""), $0("suffix", .text, default: "")] })
            if let names { (found.prefix, found.suffix) = (names[0], names[1]) }
            return found
        }
    }

    private static var newGroupSchema: Schema<NewGroup> {
        .mapping { keys in
            let claims = keys.required("claims", .list(of: .text), hint: "name the claims that the group is made of")
            let delimiter = keys("delimiter", .text, default: "")
            let clearDelimiter = keys("clearDelimiter", .bool, default: false)
            let prefix = keys("prefix", .text, default: "")
            return claims.map { NewGroup(claims: $0, delimiter: delimiter, clearDelimiter: clearDelimiter, prefix: prefix) }
        }
    }
}

extension Keys {
    /// Whether a key is there, though perhaps with an empty text.
    fileprivate func isWritten(_ name: String) -> Bool {
        guard case .mapping(let entries) = mapping.value.content else { return false }
        return entries.contains { entry in
            guard case .string(let text) = entry.value.content else { return false }
            return text.isEmpty && entry.key.hasSameBytesFoldingASCII(as: name)
        }
    }
}

extension Schema<String> {
    /// An absolute URL of HTTP without a user.
    fileprivate static var upstreamURL: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let lower = text.asciiLowercased
            let rest = lower.afterBytes(of: "https://") ?? lower.afterBytes(of: "http://")
            guard let rest, !rest.isEmpty, !rest.startsWithByte("/"), text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
                throw Mistake(
                    "\(quoted(text)) is not an http or https URL", hint: "write for example https://accounts.example.com")
            }
            guard !rest.utf8.prefix(while: { $0 != UInt8(ascii: "/") }).contains(UInt8(ascii: "@")) else {
                throw Mistake("a URL here cannot hold a user")
            }
            return text
        }
    }

    /// A regular expression. Dex ignores one that it cannot read, and with it the filter.
    fileprivate static var regularExpression: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            do { _ = try Regex(text) } catch { throw Mistake("\(quoted(text)) is not a regular expression") }
            return text
        }
    }
}
