import Bytes

extension Configuration.Edge {
    /// An issuer whose tokens are believed.
    public struct Issuer: Sendable, Hashable {
        /// From where the keys come.
        public enum Keys: Sendable, Hashable {
            /// `issuer: self`: this provider.
            case ours
            case discovery
            case url(String)
            /// A JWK set as JSON text.
            case inline(String)
        }

        public struct Header: Sendable, Hashable {
            public var name: String
            public var prefix: String
        }

        /// Names of claims.
        public struct Claims: Sendable, Hashable {
            public var email = "email"
            public var groups = "groups"
            public var preferredUsername = "preferred_username"
        }

        public struct Introspection: Sendable, Hashable {
            /// Nil: as the discovery document says.
            public var url: String?
            public var clientID: String
            public var clientSecret: Secret
            public var cacheFor: Duration
        }

        /// Empty for ``Keys/ours``: the provider's own.
        public var issuer: String
        public var keys: Keys
        /// Empty: any, which is written `"*"`.
        public var audiences: [String] = []
        public var algorithms: [SigningAlgorithm] = SigningAlgorithm.allCases
        /// In PEM.
        public var rootCAs: [String] = []
        /// All of them and the next two empty: `Authorization: Bearer`.
        public var fromHeaders: [Header] = []
        public var fromParams: [String] = []
        public var fromCookies: [String] = []
        /// Also as user name or password of `Authorization: Basic`.
        public var fromBasicAuth = false
        public var claims = Claims()
        public var allowUnverifiedEmail = false
        public var spaceDelimitedClaims: [String] = ["scope", "permission"]
        public var cacheFor = Duration.seconds(300)
        /// Nil: tokens that are no JWTs are refused.
        public var introspection: Introspection?
    }
}

extension Configuration.Edge.Issuer {
    /// What is remembered longer than this is revoked too late.
    private static let longestCache = Duration.seconds(3600)

    static var schema: Schema<Self> {
        Schema<Self>.mapping { keys in
            let name = keys.required("issuer", .text, hint: "write self, or for example issuer: https://accounts.example.com")
            var found = Self(issuer: name == "self" ? "" : name ?? "", keys: source(keys, issuer: name))
            let audiences = keys.required(
                "audiences", .list(of: .text), hint: "name the clients whose tokens are taken, or write [\"*\"] for all")
            found.audiences = checked(audiences, keys)
            found.algorithms = keys(
                "algorithms", .list(of: .word("signature algorithm", SigningAlgorithm.self)), default: found.algorithms)
            found.rootCAs = keys("rootCAs", .list(of: .certificateAuthority), default: [])
            places(&found, keys)
            found.claims = keys("claims", claimsSchema, default: Claims())
            found.allowUnverifiedEmail = keys("allowUnverifiedEmail", .bool, default: false)
            found.spaceDelimitedClaims = keys(
                "spaceDelimitedClaims", .list(of: .text), default: found.spaceDelimitedClaims)
            found.cacheFor = keys("cacheFor", .cacheDuration(longest: longestCache), default: found.cacheFor)
            found.introspection = keys("introspection", introspectionSchema)
            check(found, keys)
            return name == nil || audiences == nil ? nil : found
        }.expandingEnvironment()
    }

    private static func source(_ keys: DexConfiguration.Keys, issuer: String?) -> Keys {
        let url = keys("jwksURL", .text.map { text throws(Mistake) in try ServiceURL.endpoint(text) })
        let inline = keys("jwks", .keySet)
        let path = keys("jwksFile", .text)
        let names = ["jwksURL", "jwks", "jwksFile"]
        let written = names.compactMap { keys[$0] }
        if written.count > 1 {
            keys.loading.problem("given twice", hint: "write one of \(names.joined(separator: ", "))", at: written[1])
        }
        if issuer == "self" {
            if let first = written.first {
                keys.loading.problem("not used, because the keys of this provider are known", hint: "remove it", at: first)
            }
            return .ours
        }
        if let url {
            warnIfPlain(url, keys, "jwksURL")
            return .url(url)
        }
        if let inline { return .inline(inline) }
        if let path, let place = keys["jwksFile"] {
            let text = keys.loading.contents(ofFile: path, namedAt: place).flatMap {
                Schema.keySet(fromText: $0, at: place, keys.loading)
            }
            return .inline(text ?? "")
        }
        if let issuer, written.isEmpty, let place = keys["issuer"] {
            do throws(Mistake) { _ = try ServiceURL.base(issuer) } catch {
                keys.loading.problem(error.message, hint: error.hint ?? "or write jwksURL, jwks or jwksFile", at: place)
            }
            warnIfPlain(issuer, keys, "issuer")
        }
        return .discovery
    }

    private static func warnIfPlain(_ url: String, _ keys: DexConfiguration.Keys, _ name: String) {
        guard url.asciiLowercased.startsWithBytes(of: "http:"), let place = keys[name] else { return }
        keys.loading.warning(
            "keys come from there unprotected: who stands in between can make tokens", hint: "write https", at: place)
    }

    /// `"*"` is any, and stands alone.
    private static func checked(_ audiences: [String]?, _ keys: DexConfiguration.Keys) -> [String] {
        guard let audiences, let place = keys["audiences"] else { return [] }
        if audiences == ["*"] {
            keys.loading.warning("tokens that were issued for other clients are taken, too", at: place)
            return []
        }
        if audiences.isEmpty {
            keys.loading.problem("empty", hint: "name an audience, or write [\"*\"] for all", at: place)
        } else if audiences.contains("*") {
            keys.loading.problem("\"*\" stands for all and cannot be one of several", at: place)
        }
        return audiences
    }

    private static func places(_ found: inout Self, _ keys: DexConfiguration.Keys) {
        found.fromHeaders = keys("fromHeaders", .list(of: headerSchema), default: [])
        found.fromParams = keys("fromParams", .list(of: .text), default: [])
        found.fromCookies = keys("fromCookies", .list(of: .text), default: [])
        found.fromBasicAuth = keys("fromBasicAuth", .bool, default: false)
        if let place = keys["fromParams"], !found.fromParams.isEmpty {
            keys.loading.warning("addresses with tokens end up in logs and histories", at: place)
        }
    }

    private static func check(_ found: Self, _ keys: DexConfiguration.Keys) {
        if found.keys == .ours {
            for name in ["rootCAs", "introspection"] {
                guard let place = keys[name] else { continue }
                keys.loading.problem("not used, because the issuer is this provider", hint: "remove it", at: place)
            }
        }
        if let place = keys["introspection"], let introspection = found.introspection, introspection.url == nil,
            found.keys != .discovery, found.keys != .ours
        {
            keys.loading.problem(
                "where to ask is not known, because there is no discovery", hint: "write introspection.url", at: place)
        }
        if let place = keys["allowUnverifiedEmail"], found.allowUnverifiedEmail {
            keys.loading.warning(
                "the issuer may let people choose any address: policies on e-mail then protect nothing", at: place)
        }
    }

    private static var headerSchema: Schema<Header> {
        .mapping { keys in
            let name = keys.required("name", .text)
            let prefix = keys("prefix", .text, default: "")
            return name.map { Header(name: $0.asciiLowercased, prefix: prefix) }
        }
    }

    private static var claimsSchema: Schema<Claims> {
        .mapping { keys in
            var claims = Claims()
            claims.email = keys("email", .text, default: claims.email)
            claims.groups = keys("groups", .text, default: claims.groups)
            claims.preferredUsername = keys("preferredUsername", .text, default: claims.preferredUsername)
            return claims
        }
    }

    private static var introspectionSchema: Schema<Introspection> {
        .mapping { keys in
            let url = keys("url", .serviceEndpoint)
            let clientID = keys.required("clientID", .text, hint: "the issuer gave it when this edge was registered there")
            let secret = SecretSource(inline: "clientSecret", variable: "clientSecretEnv", file: "clientSecretFile").read(keys)
            let cacheFor = keys("cacheFor", .cacheDuration(longest: longestCache), default: .seconds(60))
            if case .absent = secret {
                keys.problem("no secret", hint: "write clientSecret, clientSecretEnv or clientSecretFile")
            }
            guard let clientID, case .found(let text, _) = secret else { return nil }
            return Introspection(url: url, clientID: clientID, clientSecret: text, cacheFor: cacheFor)
        }
    }
}

extension Schema<Duration> {
    fileprivate static func cacheDuration(longest: Duration) -> Schema {
        duration.map { duration throws(Mistake) in
            guard duration <= longest else {
                throw Mistake("what is remembered so long is revoked too late", hint: "at most 1h")
            }
            return duration
        }
    }
}
