import Bytes
public import OpenIDConnect

/// Dex's `authproxy`: a proxy in front has authenticated the person and says so in headers.
///
/// Anybody could send such headers, so that only those of named peers count, and each header only once.
public struct AuthProxyConnector: CallbackConnector {
    /// What the proxy calls its headers.
    public struct Headers: Sendable, Hashable {
        public var userID: String
        public var user: String
        public var userName: String
        public var email: String
        public var groups: String
        /// Between the groups of one header.
        public var groupSeparator: String

        public init(userID: String, user: String, userName: String, email: String, groups: String, groupSeparator: String) {
            self.userID = userID
            self.user = user
            self.userName = userName
            self.email = email
            self.groups = groups
            self.groupSeparator = groupSeparator
        }
    }

    private let id: String
    private let headers: Headers
    private let staticGroups: [String]
    private let isTrusted: @Sendable (String) -> Bool

    /// - Parameters:
    ///   - id: the connector's, which stands in the address that the proxy guards.
    ///   - staticGroups: everybody is in these besides.
    ///   - isTrusted: whether the other end of a connection, an IP address, is the proxy.
    public init(id: String, headers: Headers, staticGroups: [String], isTrusted: @escaping @Sendable (String) -> Bool) {
        self.id = id
        self.headers = headers
        self.staticGroups = staticGroups
        self.isTrusted = isTrusted
    }

    public func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        .address(visit.callbackURL + "/" + PercentEncoding.encode(id) + "?state=" + (try visit.state()))
    }

    public func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        guard let sender = answer.sender else {
            throw .refused("the answer did not come to the address that the proxy guards, which ends in /callback/\(id)")
        }
        guard isTrusted(sender.address) else {
            throw .refused("\(sender.address.isEmpty ? "a Unix socket" : sender.address) is not among trustedProxies")
        }
        guard let user = try value(headers.user, sender) else {
            throw .refused("the proxy has not sent the header \(headers.user)")
        }
        var identity = Identity(
            userID: try value(headers.userID, sender) ?? user, username: user,
            preferredUsername: try value(headers.userName, sender) ?? user, email: try value(headers.email, sender) ?? user,
            emailVerified: true)
        let sent = try value(headers.groups, sender)
        identity.groups = (sent.map(split) ?? []) + staticGroups
        return ConnectorIdentity(identity: identity, methods: [])
    }

    /// A header that is there twice is one that the person has sent, and the proxy has added its own.
    private func value(_ name: String, _ sender: ConnectorAnswer.Sender) throws(ConnectorError) -> String? {
        let found = sender.headers.filter { $0.name.hasSameBytesFoldingASCII(as: name) }
        guard found.count < 2 else { throw .refused("the header \(name) is there twice") }
        return found.first.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    private func split(_ text: String) -> [String] {
        guard !headers.groupSeparator.isEmpty else { return [text] }
        return text.cut(atBytesOf: headers.groupSeparator).map { String($0.trimmed { $0 == 0x20 }) }.filter { !$0.isEmpty }
    }
}
