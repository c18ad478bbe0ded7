import Bytes

extension Configuration.Connector {
    /// Logins by tickets of Kerberos (RFC 4559).
    public struct LDAPKerberos: Sendable, Hashable {
        public var keytabPath: String
        /// Whose key is used; nil: all of the keytab.
        public var principal: String?
        /// In which tickets must be.
        public var expectedRealm: String?
        public var usernameFromPrincipal: Username
        /// Whether people without a ticket may type a password.
        public var fallbackToPassword: Bool

        public enum Username: Sendable, Hashable {
            /// `jane` of `jane@EXAMPLE.ORG`.
            case localPart
            case userPrincipalName
        }
    }
}

extension Configuration.Connector.LDAPKerberos {
    /// The value is nil where it is switched off.
    static var schema: Schema<Self?> {
        .mapping { keys in
            let isEnabled = keys("enabled", .bool, default: false)
            let keytab = keys("keytabPath", .text)
            let service = keys("spn", .text)
            let principal = keys("keytabPrincipal", .text)
            let realm = keys("expectedRealm", .text)
            let username = keys("usernameFromPrincipal", .username)
            let fallback = keys("fallbackToPassword", .bool, default: false)
            let skew = keys("maxClockSkew", .integer(in: 0...86_400))
            guard isEnabled else { return .some(nil) }
            if let skew, skew != 0, skew != 300, let written = keys["maxClockSkew"] {
                keys.loading.warning(
                    "without effect: Kerberos reads it from its own configuration", hint: "write clockskew to krb5.conf",
                    at: written)
            }
            guard let keytab else {
                keys.problem("keytabPath is missing", hint: "the file with the key of HTTP/… of this server")
                return nil
            }
            if let written = keys["keytabPath"], let problem = keys.loading.checkKeytab?(keytab, principal ?? service) {
                keys.loading.problem(problem, hint: "klist -k shows what is in a keytab", at: written)
            }
            return Self(
                keytabPath: keytab, principal: principal ?? service, expectedRealm: realm,
                usernameFromPrincipal: username ?? .localPart, fallbackToPassword: fallback)
        }
    }
}

extension Schema<Configuration.Connector.LDAPKerberos.Username> {
    /// Dex's words, in any case.
    fileprivate static var username: Schema {
        Schema { place, loading in
            guard let text = Schema<String>.text.read(place, loading) else { return nil }
            switch text.asciiLowercased {
            case "localpart", "samaccountname": return .localPart
            case "userprincipalname": return .userPrincipalName
            default:
                loading.problem(
                    "unknown form of a name \(quoted(text))", hint: "one of localpart, sAMAccountName, userPrincipalName",
                    at: place)
                return nil
            }
        }
    }
}
