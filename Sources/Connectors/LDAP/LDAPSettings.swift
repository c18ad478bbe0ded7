public import Directory

/// What the LDAP connector is told: Dex's keys, and some more.
public struct LDAPSettings: Sendable {
    public var usernamePrompt: String?
    public var userSearch: UserSearch
    /// Nil: nobody has groups.
    public var groupSearch: GroupSearch?
    public var passwordChange = PasswordChangeRule.person

    /// Who changes a password that has expired.
    public enum PasswordChangeRule: Sendable, Hashable {
        /// Nobody here.
        case never
        /// The person, as far as the directory still lets them.
        case person
        /// The service account for those whom the directory no longer lets in.
        case service
    }

    public init(usernamePrompt: String? = nil, userSearch: UserSearch, groupSearch: GroupSearch? = nil) {
        self.usernamePrompt = usernamePrompt
        self.userSearch = userSearch
        self.groupSearch = groupSearch
    }
}

extension LDAPSettings {
    public enum IDFormat: Sendable, Hashable {
        /// `objectGUID` and `objectSid` as Microsoft writes them, everything else as text.
        case automatic
        case text, guid, sid, hex
    }

    public struct UserSearch: Sendable {
        public var baseDN: String
        public var scope: SearchRequest.Scope = .subtree
        /// A filter that people must pass; may be empty.
        public var filter = ""
        /// One of these is what people type; at least one.
        public var usernameAttributes: [String]
        /// `DN` is the entry's name itself, here and for all other attributes.
        public var idAttribute: String
        public var idFormat = IDFormat.automatic
        public var emailAttribute: String?
        public var nameAttribute: String?
        /// The e-mail address is the name, `@` and this.
        public var emailSuffix: String?
        public var preferredUsernameAttribute: String?
        /// Whether attributes that say "disabled" and "expired" are looked at.
        public var checksAccountState = true

        public init(baseDN: String, usernameAttributes: [String], idAttribute: String) {
            self.baseDN = baseDN
            self.usernameAttributes = usernameAttributes
            self.idAttribute = idAttribute
        }
    }

    public struct GroupSearch: Sendable {
        public var baseDN: String
        public var scope: SearchRequest.Scope = .subtree
        public var filter = ""
        public var matchers: [Matcher]
        public var nameAttribute: String
        public var pageSize = 500
        /// Somebody in more of them is refused.
        public var limit = 10_000

        public init(baseDN: String, matchers: [Matcher], nameAttribute: String) {
            self.baseDN = baseDN
            self.matchers = matchers
            self.nameAttribute = nameAttribute
        }
    }

    /// A group is somebody's if one of its values is one of theirs.
    public struct Matcher: Sendable, Hashable {
        public var userAttribute: String
        public var groupAttribute: String
        /// What links a group to the groups in it; nil: groups are not in groups.
        public var recursionAttribute: String?
        /// Whether Active Directory walks along groups in groups by itself.
        public var inChain: Bool

        public init(userAttribute: String, groupAttribute: String, recursionAttribute: String? = nil, inChain: Bool = false) {
            self.userAttribute = userAttribute
            self.groupAttribute = groupAttribute
            self.recursionAttribute = recursionAttribute
            self.inChain = inChain
        }
    }
}
