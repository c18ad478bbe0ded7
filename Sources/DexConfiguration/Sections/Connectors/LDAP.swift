import Bytes

extension Configuration.Connector {
    /// A directory that is asked by LDAP.
    public struct LDAP: Sendable, Hashable {
        /// Asked in this order; empty if ``domain`` names them.
        public var hosts: [LDAPHost]
        /// A domain whose DNS names the servers. Not in Dex.
        public var domain: String?
        public var security: Security
        public var insecureSkipVerify: Bool
        public var authorities: LDAPAuthorities
        /// Paths of our own certificate and its key.
        public var clientCertificate: LDAPCertificate?
        /// Nil: searches are anonymous.
        public var service: LDAPAccount?
        /// Nil: "Username".
        public var usernamePrompt: String?
        public var userSearch: UserSearch
        /// Nil: nobody has groups.
        public var groupSearch: GroupSearch?
        /// Who changes a password that has expired. Not in Dex.
        public var passwordChange = PasswordChange.person
        /// Nil: tickets do not count.
        public var kerberos: LDAPKerberos?
        public var limits = Limits()

        public enum PasswordChange: String, Sendable, Hashable, CaseIterable {
            case never, person, service
        }

        public enum Security: Sendable, Hashable {
            case plain, startTLS, tls
        }

        /// Not in Dex.
        public struct Limits: Sendable, Hashable {
            /// Threads, and warm connections of each kind.
            public var poolSize = 8
            /// For making a connection.
            public var connectTimeout = Duration.seconds(5)
            /// For one question.
            public var timeout = Duration.seconds(10)
            /// How long an unused connection is kept.
            public var idleTimeout = Duration.seconds(300)
            public var followReferrals = false
            /// Entries of one page of a group search.
            public var pageSize = 500
            /// Somebody in more groups is refused.
            public var maxGroups = 10_000
        }
    }

    public struct LDAPHost: Sendable, Hashable {
        /// Without brackets.
        public var name: String
        public var port: Int
    }

    public enum LDAPAuthorities: Sendable, Hashable {
        /// Those of the system.
        case system
        /// The path of a PEM file.
        case file(String)
        /// PEM.
        case pem([UInt8])
    }

    public struct LDAPCertificate: Sendable, Hashable {
        public var chain: String
        public var key: String
    }

    public struct LDAPAccount: Sendable, Hashable {
        public var dn: String
        public var password: Secret
    }
}

extension Configuration.Connector.LDAP {
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        case sub, one
    }

    /// How an id is written. Not in Dex.
    public enum IDFormat: String, Sendable, Hashable, CaseIterable {
        /// `objectGUID` and `objectSid` as Microsoft writes them, everything else as text.
        case auto
        case text, guid, sid, hex
    }

    public struct UserSearch: Sendable, Hashable {
        public var baseDN: String
        /// May be empty.
        public var filter: String
        /// At least one.
        public var usernameAttributes: [String]
        public var scope: Scope
        public var idAttribute: String
        public var idFormat: IDFormat
        /// Nil: there is an ``emailSuffix``.
        public var emailAttribute: String?
        public var nameAttribute: String?
        public var emailSuffix: String?
        public var preferredUsernameAttribute: String?
        /// Whether attributes that say "disabled" are looked at. Not in Dex.
        public var checksAccountState: Bool
    }

    public struct GroupSearch: Sendable, Hashable {
        public var baseDN: String
        /// May be empty.
        public var filter: String
        public var scope: Scope
        public var matchers: [Matcher]
        public var nameAttribute: String
    }

    /// A group is somebody's if one of its values is one of theirs.
    public struct Matcher: Sendable, Hashable {
        public var userAttribute: String
        public var groupAttribute: String
        /// What links a group to the groups in it; nil: groups are not in groups.
        public var recursionGroupAttribute: String?
        /// Whether Active Directory walks along groups in groups by itself. Not in Dex.
        public var inChain: Bool
    }
}

extension Configuration.Connector.LDAP {
    static var schema: Schema<Self> {
        Schema<Self>.mapping { keys in
            let security = security(keys)
            let domain = keys("srv", .domain)
            let hosts = keys("host", .ldapHosts(defaultPort: security == .plain ? 389 : 636))
            hostProblems(keys, security)
            let verifies = !(keys("insecureSkipVerify", .bool, default: false))
            let authorities = authorities(keys)
            let certificate = certificate(keys)
            let service = service(keys)
            let prompt = keys("usernamePrompt", .text)
            let users = keys.required("userSearch", UserSearch.schema, hint: "say where people are, and how they are called")
            let groups = keys("groupSearch", GroupSearch.schema)
            let change = keys("passwordChange", .word("rule", PasswordChange.self), default: .person)
            let limits = limits(keys)
            let kerberos = keys("kerberos", Configuration.Connector.LDAPKerberos.schema)
            guard domain != nil || hosts != nil, let users else { return nil }
            return Self(
                hosts: hosts ?? [], domain: domain, security: security, insecureSkipVerify: !verifies, authorities: authorities,
                clientCertificate: certificate, service: service, usernamePrompt: prompt, userSearch: users,
                groupSearch: groups.flatMap(\.self), passwordChange: change, kerberos: kerberos.flatMap(\.self), limits: limits)
        }.expandingEnvironment()
    }

    /// Dex's rule: plain wins over StartTLS.
    private static func security(_ keys: Keys) -> Security {
        let plain = keys("insecureNoSSL", .bool, default: false)
        let startTLS = keys("startTLS", .bool, default: false)
        if plain, startTLS, let written = keys["startTLS"] {
            keys.loading.warning(
                "without effect beside insecureNoSSL: true, so nothing is encrypted", hint: "remove insecureNoSSL", at: written)
        }
        return plain ? .plain : startTLS ? .startTLS : .tls
    }

    private static func hostProblems(_ keys: Keys, _ security: Security) {
        switch (keys["host"], keys["srv"]) {
        case (nil, nil):
            keys.loading.problem(
                "missing", hint: "write for example host: ldap.example.com:636", at: keys.mapping.position,
                path: keys.mapping.path.key("host"))
        case (_?, let srv?): keys.loading.problem("given twice", hint: "write one of host, srv", at: srv)
        case (let host?, nil):
            // 636 is Dex's default here, too, where servers do not expect StartTLS.
            guard security == .startTLS, let text = host.string, !text.endsWithBytes(of: ":389"), !hasPort(text) else { return }
            keys.loading.warning(
                "the port is 636 as in Dex, where servers rarely speak StartTLS", hint: "write \(text):389", at: host)
        case (nil, _?): break
        }
    }

    private static func hasPort(_ host: String) -> Bool {
        host.containsByte(",") || host.containsBytes(of: "]:") || host.utf8.count { $0 == UInt8(ascii: ":") } == 1
    }

    /// Dex's rule: the data win over the file.
    private static func authorities(_ keys: Keys) -> Configuration.Connector.LDAPAuthorities {
        let file = keys("rootCA", .text)
        let data = keys("rootCAData", .pemData)
        if let data { return .pem(data) }
        return file.map { .file($0) } ?? .system
    }

    private static func certificate(_ keys: Keys) -> Configuration.Connector.LDAPCertificate? {
        let chain = keys("clientCert", .text)
        let key = keys("clientKey", .text)
        if let written = keys["clientCert"], keys["clientKey"] == nil {
            keys.loading.problem("clientKey is missing", at: written)
        }
        if let written = keys["clientKey"], keys["clientCert"] == nil {
            keys.loading.problem("clientCert is missing", at: written)
        }
        guard let chain, let key else { return nil }
        return .init(chain: chain, key: key)
    }

    private static func service(_ keys: Keys) -> Configuration.Connector.LDAPAccount? {
        let dn = keys("bindDN", .text)
        let password = keys("bindPW", .secret)
        let file = keys("bindPWFile", .text)
        if let written = keys["bindPWFile"], keys["bindPW"] != nil {
            keys.loading.problem("given twice", hint: "write one of bindPW, bindPWFile", at: written)
        }
        let passwordPlace = keys["bindPW"] ?? keys["bindPWFile"]
        if let written = keys["bindDN"], passwordPlace == nil {
            // Most servers take a name without a password for nobody at all.
            keys.loading.problem("bindPW is missing", hint: "a name without a password is no proof", at: written)
        }
        if let passwordPlace, keys["bindDN"] == nil { keys.loading.problem("bindDN is missing", at: passwordPlace) }
        guard let dn, let passwordPlace else { return nil }
        if let password { return .init(dn: dn, password: password) }
        guard let file, let text = keys.loading.contents(ofFile: file, namedAt: passwordPlace) else { return nil }
        guard !text.isEmpty else {
            keys.loading.problem("the file \(quoted(file)) is empty", at: passwordPlace)
            return nil
        }
        return .init(dn: dn, password: Secret(text))
    }

    private static func limits(_ keys: Keys) -> Limits {
        let defaults = Limits()
        return Limits(
            poolSize: keys("poolSize", .integer(in: 1...256), default: defaults.poolSize),
            connectTimeout: keys("connectTimeout", .waitingTime, default: defaults.connectTimeout),
            timeout: keys("timeout", .waitingTime, default: defaults.timeout),
            idleTimeout: keys("idleTimeout", .positiveDuration, default: defaults.idleTimeout),
            followReferrals: keys("followReferrals", .bool, default: defaults.followReferrals),
            pageSize: keys("pageSize", .integer(in: 1...100_000), default: defaults.pageSize),
            maxGroups: keys("maxGroups", .integer(in: 1...1_000_000), default: defaults.maxGroups))
    }
}

extension Configuration.Connector.LDAP.UserSearch {
    fileprivate static var schema: Schema<Self> {
        .mapping { keys in
            let base = keys.required("baseDN", .text, hint: "where people are, for example ou=people,dc=example,dc=org")
            let filter = keys("filter", .ldapFilter, default: "")
            let names = keys.required("username", .ldapAttributes, hint: "the attribute that people type, for example uid")
            let scope = keys("scope", .word("scope", Configuration.Connector.LDAP.Scope.self), default: .sub)
            // Dex has no default here, although its documentation says so: every login fails.
            let id = keys.required(
                "idAttr", .ldapAttribute, hint: "an attribute that never changes, for example entryUUID or uid")
            let format = keys("idFormat", .word("id format", Configuration.Connector.LDAP.IDFormat.self), default: .auto)
            let email = keys("emailAttr", .ldapAttribute)
            let name = keys("nameAttr", .ldapAttribute)
            let suffix = keys("emailSuffix", .text)
            let preferred = keys("preferredUsernameAttr", .ldapAttribute)
            let checksState = keys("checkAccountState", .bool, default: true)
            if keys["emailAttr"] == nil, keys["emailSuffix"] == nil {
                keys.problem("neither emailAttr nor emailSuffix", hint: "write for example emailAttr: mail")
            }
            if let written = keys["emailSuffix"], keys["nameAttr"] == nil {
                keys.loading.problem("nameAttr is missing", hint: "the address is made from it", at: written)
            }
            guard let base, let names, !names.isEmpty, let id else { return nil }
            return Self(
                baseDN: base, filter: filter, usernameAttributes: names, scope: scope, idAttribute: id, idFormat: format,
                emailAttribute: email, nameAttribute: name, emailSuffix: suffix, preferredUsernameAttribute: preferred,
                checksAccountState: checksState)
        }
    }
}

extension Configuration.Connector.LDAP.GroupSearch {
    /// The value is nil without a base, as in Dex.
    fileprivate static var schema: Schema<Self?> {
        .mapping { keys in
            let base = keys("baseDN", .text)
            let filter = keys("filter", .ldapFilter, default: "")
            let scope = keys("scope", .word("scope", Configuration.Connector.LDAP.Scope.self), default: .sub)
            let list = keys("userMatchers", .list(of: Configuration.Connector.LDAP.Matcher.schema), default: [])
            let name = keys("nameAttr", .ldapAttribute)
            // The old names of what is in a list now.
            let old = Configuration.Connector.LDAP.Matcher.read(keys, required: false)
            guard let base else { return .some(nil) }
            if keys["userMatchers"] == nil, keys["userAttr"] == nil, keys["groupAttr"] == nil {
                keys.loading.warning(
                    "nobody has groups, as nothing says which are whose",
                    hint: "write userMatchers: [{userAttr: DN, groupAttr: member}]", at: keys.mapping)
                return .some(nil)
            }
            guard let name else {
                if keys["nameAttr"] == nil {
                    keys.loading.problem(
                        "missing", hint: "the attribute with the group's name, for example cn", at: keys.mapping.position,
                        path: keys.mapping.path.key("nameAttr"))
                }
                return nil
            }
            let matchers = list.isEmpty ? [old].compactMap(\.self) : list
            return Self(baseDN: base, filter: filter, scope: scope, matchers: matchers, nameAttribute: name)
        }
    }
}

extension Configuration.Connector.LDAP.Matcher {
    fileprivate static var schema: Schema<Self> {
        .mapping { keys in read(keys, required: true) }
    }

    fileprivate static func read(_ keys: Keys, required: Bool) -> Self? {
        let user =
            required
            ? keys.required("userAttr", .ldapAttribute, hint: "DN, or an attribute of the person")
            : keys("userAttr", .ldapAttribute)
        let group =
            required
            ? keys.required("groupAttr", .ldapAttribute, hint: "for example member") : keys("groupAttr", .ldapAttribute)
        let recursion = keys("recursionGroupAttr", .ldapAttribute)
        let chain = keys("inChain", .bool, default: false)
        if chain, recursion != nil, let written = keys["recursionGroupAttr"] {
            keys.loading.problem("given twice", hint: "write one of inChain, recursionGroupAttr", at: written)
        }
        if !required, user == nil, let written = keys["groupAttr"] { keys.loading.problem("userAttr is missing", at: written) }
        if !required, group == nil, let written = keys["userAttr"] { keys.loading.problem("groupAttr is missing", at: written) }
        guard let user, let group else { return nil }
        return Self(userAttribute: user, groupAttribute: group, recursionGroupAttribute: recursion, inChain: chain)
    }
}
