import Bytes

extension Configuration.Edge {
    /// The sessions of the edge and their cookie.
    public struct Session: Sendable, Hashable {
        public enum Store: String, Sendable, Hashable, CaseIterable {
            /// The browser has a reference of less than 200 bytes.
            case database
            /// The browser has all of it, sealed.
            case cookie
        }

        public enum SameSite: String, Sendable, Hashable, CaseIterable {
            case strict, lax, none
        }

        public var store = Store.database
        /// From the login on.
        public var lifetime = Duration.seconds(24 * 3600)
        /// Without a request; zero: it need not be used.
        public var idleLifetime = Duration.zero
        /// After which the provider is asked again; zero: shortly before the ID token expires.
        public var refreshInterval = Duration.zero
        public var keepAccessToken = false
        public var cookie = Cookie()

        public struct Cookie: Sendable, Hashable {
            /// Gets `__Host-` in front where that is possible.
            public var name = "dextra_edge"
            /// Whether the name is taken as it is.
            public var isExact = false
            /// For all hosts of a domain; nil: for the host of the login.
            public var domain: String?
            /// Nil: where the login's address is https.
            public var secure: Bool?
            public var sameSite = SameSite.lax
        }

        public init() {}
    }
}

extension Configuration.Edge.Session {
    /// Keys that seal cookies open them for at least so long.
    private static let longestInCookie = Duration.seconds(7 * 24 * 3600)

    static var schema: Schema<Self> {
        .mapping { keys in
            var session = Self()
            session.store = keys("store", .word("store of sessions", Store.self), default: session.store)
            session.lifetime = keys("lifetime", .positiveDuration, default: session.lifetime)
            session.idleLifetime = keys("idleLifetime", .duration, default: session.idleLifetime)
            session.refreshInterval = keys("refreshInterval", .duration, default: session.refreshInterval)
            session.keepAccessToken = keys("keepAccessToken", .bool, default: false)
            session.cookie = keys("cookie", Cookie.schema, default: Cookie())
            if session.store == .cookie, session.lifetime > longestInCookie, let written = keys["lifetime"] {
                keys.loading.problem(
                    "a session in a cookie cannot live longer than 168h, as its key does not",
                    hint: "write at most 168h, or store: database", at: written)
            }
            if session.idleLifetime > .zero, session.idleLifetime < .seconds(60), let written = keys["idleLifetime"] {
                keys.loading.problem("people pause for longer than that", hint: "write at least 1m", at: written)
            }
            return session
        }
    }
}

extension Configuration.Edge.Session.Cookie {
    static var schema: Schema<Self> {
        .mapping { keys in
            var cookie = Self()
            if let name = keys("name", .cookieName) {
                cookie.name = name
                // Scripts look for a name as it was.
                cookie.isExact = true
            }
            cookie.domain = keys("domain", .cookieDomain)
            cookie.secure = keys("secure", .bool)
            cookie.sameSite = keys(
                "sameSite", .word("SameSite value", Configuration.Edge.Session.SameSite.self), default: cookie.sameSite)
            let prefixed = ["__host-", "__secure-"].contains { cookie.name.asciiLowercased.startsWithBytes(of: $0) }
            if prefixed || cookie.sameSite == .none, cookie.secure == false, let written = keys["secure"] {
                keys.loading.problem("browsers refuse such a cookie", hint: "write secure: true", at: written)
            }
            if cookie.name.asciiLowercased.startsWithBytes(of: "__host-"), let written = keys["domain"] {
                keys.loading.problem(
                    "a cookie __Host-… belongs to one host", hint: "remove domain, or choose another name", at: written)
            }
            return cookie
        }
    }
}

extension Schema<String> {
    /// RFC 6265bis §4.1.1: a token.
    fileprivate static var cookieName: Schema {
        text.map { text throws(Mistake) in
            let isToken = text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
                default: false
                }
            }
            guard isToken, !text.isEmpty, text.utf8.count <= 64 else {
                throw Mistake("\(quoted(text)) is no name of a cookie", hint: "write letters, digits, - and _")
            }
            return text
        }
    }

    fileprivate static var cookieDomain: Schema {
        text.map { text throws(Mistake) in
            let lower = text.asciiLowercased
            let domain = lower.afterBytes(of: ".") ?? lower[...]
            let isName = domain.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
                default: false
                }
            }
            guard isName, domain.containsByte("."), !domain.containsBytes(of: ".."), !domain.endsWithBytes(of: ".") else {
                throw Mistake("\(quoted(text)) is no domain", hint: "write for example example.com, without a scheme")
            }
            return String(domain)
        }
    }
}
