extension Configuration {
    /// A client that cannot be changed while running. It shadows a client of the same id in the storage.
    public struct StaticClient: Sendable, Hashable {
        public var id: String
        /// Nil for a client without one.
        public var secret: Secret?
        public var name: String
        /// Compared as they are. A public client without any may use loopback addresses.
        public var redirectURIs: [String]
        /// Where browsers may be sent after a logout, compared as they are.
        public var postLogoutRedirectURIs: [String]
        /// Clients that may ask for tokens for this one.
        public var trustedPeers: [String]
        /// Whether the client cannot keep a secret.
        public var isPublic: Bool
        public var logoURL: String?
        /// Ids of the connectors that its users may come through; empty: all.
        public var allowedConnectors: [String]
        /// Nil: any way that its secret allows, as in Dex.
        public var tokenEndpointAuthMethod: ClientAuthenticationMethod?
        /// A JWK set of public keys, as JSON text. Not in Dex.
        public var jwks: String?
        /// Nil: userinfo is plain JSON. Not in Dex.
        public var userinfoSignedResponseAlg: SigningAlgorithm?
    }
}

extension Configuration.StaticClient {
    static var schema: Schema<Self> {
        .mapping { keys in
            let id = SecretSource(inline: "id", variable: "idEnv", file: nil).read(keys)
            let secret = SecretSource(inline: "secret", variable: "secretEnv", file: "secretFile").read(keys)
            let name = keys.required("name", .text)
            let redirectURIs = keys("redirectURIs", .list(of: .redirectURI), default: [])
            let postLogoutRedirectURIs = keys("postLogoutRedirectURIs", .list(of: .postLogoutRedirectURI), default: [])
            let trustedPeers = keys("trustedPeers", .list(of: .text), default: [])
            let isPublic = keys("public", .bool, default: false)
            let logoURL = keys("logoURL", .text)
            let allowedConnectors = keys("allowedConnectors", .list(of: .text), default: [])
            // Sessions end refresh tokens early; the capability table refuses the word until there are sessions.
            _ = keys("refreshTokenLifetime", .word("lifetime", RefreshTokenLifetime.self))
            let method: ClientAuthenticationMethod? = keys("tokenEndpointAuthMethod", .word("authentication method"))
            let jwks = jwks(keys)
            let userinfoSignedResponseAlg: SigningAlgorithm? = keys("userinfoSignedResponseAlg", .word("signature algorithm"))
            checkAuthentication(keys, isPublic: isPublic, method: method)
            if case .absent = id { keys.problem("no id", hint: "write id or idEnv") }
            guard case .found(let id, _) = id, let name else { return nil }
            return Self(
                id: id.text, secret: secret.secret, name: name, redirectURIs: redirectURIs,
                postLogoutRedirectURIs: postLogoutRedirectURIs, trustedPeers: trustedPeers, isPublic: isPublic, logoURL: logoURL,
                allowedConnectors: allowedConnectors, tokenEndpointAuthMethod: method,
                jwks: jwks, userinfoSignedResponseAlg: userinfoSignedResponseAlg)
        }
    }

    private enum RefreshTokenLifetime: String, CaseIterable {
        case standalone
    }

    /// The proof that is asked for must be one that the client can give.
    private static func checkAuthentication(_ keys: Keys, isPublic: Bool, method: ClientAuthenticationMethod?) {
        let hasSecret = ["secret", "secretEnv", "secretFile"].contains { keys[$0] != nil }
        let needsSecret = method?.usesSecret ?? !isPublic
        // A method that is not one has been reported; what it needs is not known.
        let isMethodKnown = method != nil || keys["tokenEndpointAuthMethod"] == nil
        if isMethodKnown, needsSecret, !hasSecret {
            keys.problem("no secret", hint: "write secret, secretEnv or secretFile, or public: true")
        }
        guard let method, let written = keys["tokenEndpointAuthMethod"] else { return }
        if method == .none, !isPublic {
            keys.loading.problem("a client that proves nothing must be public", hint: "write public: true", at: written)
        }
        if method == .privateKeyJWT, keys["jwks"] == nil, keys["jwksFile"] == nil {
            keys.loading.problem("private_key_jwt needs the client's public keys", hint: "write jwks or jwksFile", at: written)
        }
    }

    private static func jwks(_ keys: Keys) -> String? {
        let inline = keys("jwks", .keySet)
        let path = keys("jwksFile", .text)
        if keys["jwks"] != nil, let written = keys["jwksFile"] {
            keys.loading.problem("given twice", hint: "write one of jwks, jwksFile", at: written)
        }
        guard let path, let place = keys["jwksFile"] else { return inline }
        return keys.loading.contents(ofFile: path, namedAt: place).flatMap {
            Schema.keySet(fromText: $0, at: place, keys.loading)
        }
    }
}

extension SecretSource.Result {
    fileprivate var secret: Secret? {
        if case .found(let secret, _) = self { secret } else { nil }
    }
}
