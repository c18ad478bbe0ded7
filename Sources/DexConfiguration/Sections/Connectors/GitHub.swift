import Bytes

extension Configuration.Connector {
    public struct GitHub: Sendable, Hashable {
        public var application: Application
        /// Nil: github.com.
        public var hostName: String?
        public var trust: ServiceTrust
        public var organizations: [Organization]
        /// Dex's old key.
        public var legacyOrganization: String?
        public var teamNameField: TeamNameField
        public var loadAllGroups: Bool
        public var useLoginAsID: Bool
        public var preferredEmailDomain: String?
    }
}

extension Configuration.Connector.GitHub {
    public enum TeamNameField: String, Sendable, Hashable, CaseIterable {
        case name, slug, both
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let application = Configuration.Connector.Application.read(keys)
            let hostName = keys("hostName", .hostName)
            let trust = Configuration.Connector.ServiceTrust.read(keys, one: "rootCA")
            let organizations = keys("orgs", .list(of: Configuration.Connector.Organization.schema), default: [])
            let legacyOrganization = keys("org", .text)
            let teamNameField = keys("teamNameField", .word("name of a team", TeamNameField.self), default: .name)
            let loadAllGroups = keys("loadAllGroups", .bool, default: false)
            let useLoginAsID = keys("useLoginAsID", .bool, default: false)
            let preferredEmailDomain = keys("preferredEmailDomain", .preferredEmailDomain)
            if let old = keys["org"] {
                if let orgs = keys["orgs"] {
                    keys.loading.problem("given twice", hint: "move org into orgs", at: orgs)
                } else {
                    keys.loading.warning("an old key", hint: "write orgs: [{name: …}]", at: old)
                }
            }
            for name in ["rootCA", "rootCAs"] where keys["hostName"] == nil {
                guard let written = keys[name] else { continue }
                keys.loading.problem("only for an Enterprise Server", hint: "write its hostName", at: written)
            }
            guard let application else { return nil }
            return Self(
                application: application, hostName: hostName, trust: trust, organizations: organizations,
                legacyOrganization: legacyOrganization, teamNameField: teamNameField, loadAllGroups: loadAllGroups,
                useLoginAsID: useLoginAsID, preferredEmailDomain: preferredEmailDomain)
        }
    }
}

extension Schema<String> {
    /// A host, with a port if it is not the usual one.
    fileprivate static var hostName: Schema {
        text.map { text throws(Mistake) in
            guard !text.containsByte("/") else {
                throw Mistake("a host name has no slash", hint: "write for example github.example.com, without https://")
            }
            do throws(Mistake) {
                let url = try ServiceURL.base("https://" + text)
                return url.afterBytes(of: "https://").map(String.init) ?? url
            } catch {
                throw Mistake("\(quoted(text)) is not a host name", hint: "write for example github.example.com")
            }
        }
    }

    fileprivate static var preferredEmailDomain: Schema {
        text.map { text throws(Mistake) in
            guard !text.endsWithBytes(of: "*") else {
                throw Mistake("a domain cannot end in *", hint: "write for example *.example.com")
            }
            return text
        }
    }
}
