extension Configuration.Connector {
    public struct Microsoft: Sendable, Hashable {
        public var application: Application
        /// The path of a file with a signed statement that replaces the secret. It is read for each login.
        public var clientAssertion: String?
        public var tenant: String
        public var apiURL: String
        public var graphURL: String
        public var trust: ServiceTrust
        public var scopes: [String]
        public var onlySecurityGroups: Bool
        public var groups: [String]
        public var groupNameFormat: GroupNameFormat
        public var useGroupsAsWhitelist: Bool
        public var emailToLowercase: Bool
        public var promptType: String?
        public var domainHint: String?
        public var preferredUsernameField: PreferredUsernameField?
    }
}

extension Configuration.Connector.Microsoft {
    public enum GroupNameFormat: String, Sendable, Hashable, CaseIterable {
        case name, id
    }

    public enum PreferredUsernameField: String, Sendable, Hashable, CaseIterable {
        case name, email, mailNickname, onPremisesSamAccountName
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let clientAssertion = keys("clientAssertion", .text)
            let application = Configuration.Connector.Application.read(keys, needsSecret: keys["clientAssertion"] == nil)
            let tenant = keys("tenant", .tenant, default: "common")
            let apiURL = keys("apiURL", .serviceBase, default: "https://login.microsoftonline.com")
            let graphURL = keys("graphURL", .serviceBase, default: "https://graph.microsoft.com")
            let trust = Configuration.Connector.ServiceTrust.read(keys)
            let scopes = keys("scopes", .list(of: .text), default: [])
            let onlySecurityGroups = keys("onlySecurityGroups", .bool, default: false)
            let groups = keys("groups", .list(of: .text), default: [])
            let groupNameFormat = keys("groupNameFormat", .word("format", GroupNameFormat.self), default: .name)
            let useGroupsAsWhitelist = keys("useGroupsAsWhitelist", .bool, default: false)
            let emailToLowercase = keys("emailToLowercase", .bool, default: false)
            // Groups are always asked for in batches, for without them more than 1000 fail.
            _ = keys("batchGroupLookups", .bool)
            let promptType = keys("promptType", .text)
            let domainHint = keys("domainHint", .text)
            let preferredUsernameField = keys("preferredUsernameField", .word("field", PreferredUsernameField.self))
            if let written = keys["groups"], ["common", "organizations", "consumers"].contains(tenant) {
                keys.loading.problem(
                    "groups exist in one tenant only, so that anybody could log in", hint: "write tenant: the id of yours",
                    at: written)
            }
            guard let application else { return nil }
            return Self(
                application: application, clientAssertion: clientAssertion, tenant: tenant, apiURL: apiURL, graphURL: graphURL,
                trust: trust, scopes: scopes.isEmpty ? ["user.read"] : scopes, onlySecurityGroups: onlySecurityGroups,
                groups: groups, groupNameFormat: groupNameFormat, useGroupsAsWhitelist: useGroupsAsWhitelist,
                emailToLowercase: emailToLowercase, promptType: promptType, domainHint: domainHint,
                preferredUsernameField: preferredUsernameField)
        }
    }
}

extension Schema<String> {
    /// An id or a domain: it becomes a part of addresses.
    fileprivate static var tenant: Schema {
        text.map { text throws(Mistake) in
            let isPlain = text.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                    || byte.isASCIILetterOrDigit
            }
            guard isPlain else { throw Mistake("\(quoted(text)) is not a tenant", hint: "write its id or its domain") }
            return text
        }
    }
}
