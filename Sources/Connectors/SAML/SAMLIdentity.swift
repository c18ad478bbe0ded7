import OpenIDConnect
import XMLSecurity

/// From the attributes of an assertion to a person, as Dex does it.
struct SAMLIdentity {
    let settings: SAMLSettings
    let wantsGroups: Bool

    func read(_ assertion: XMLElement, nameID: String) throws(SAMLRefusal) -> Identity {
        let attributes = assertion.elements("AttributeStatement", in: SAMLName.assertionNamespace)
            .flatMap { $0.elements("Attribute", in: SAMLName.assertionNamespace) }
        let groups = try groups(attributes)
        return Identity(
            userID: nameID, username: try required(settings.usernameAttribute, "usernameAttr", attributes),
            preferredUsername: settings.preferredUsernameAttribute.flatMap { values($0, attributes)?.first } ?? "",
            email: try required(settings.emailAttribute, "emailAttr", attributes), emailVerified: true,
            groups: wantsGroups ? groups : [])
    }

    /// nil: there is no attribute of that name.
    private func values(_ name: String, _ attributes: [XMLElement]) -> [String]? {
        let found = attributes.filter { $0["Name"].isExactly(name) }
        if found.isEmpty { return nil }
        return found.flatMap { $0.elements("AttributeValue", in: SAMLName.assertionNamespace) }.compactMap(\.text)
    }

    private func required(_ name: String, _ key: String, _ attributes: [XMLElement]) throws(SAMLRefusal) -> String {
        guard let value = values(name, attributes)?.first, !value.isEmpty else {
            throw SAMLRefusal(
                "the assertion has no attribute \(name) (\(key)); it has \(Self.names(attributes))", denial: .incompleteProfile)
        }
        return value
    }

    private func groups(_ attributes: [XMLElement]) throws(SAMLRefusal) -> [String] {
        guard wantsGroups || !settings.allowedGroups.isEmpty, let name = settings.groupsAttribute else {
            guard settings.allowedGroups.isEmpty else {
                throw SAMLRefusal("allowedGroups is configured, but no groupsAttr", denial: .notAMember)
            }
            return []
        }
        guard var groups = values(name, attributes) else {
            throw SAMLRefusal(
                "the assertion has no attribute \(name) (groupsAttr); it has \(Self.names(attributes))",
                denial: .incompleteProfile)
        }
        if let delimiter = settings.groupsDelimiter, let first = groups.first {
            groups = first.cut(atBytesOf: delimiter).map { String($0) }
        }
        guard !settings.allowedGroups.isEmpty else { return groups }
        let allowed = groups.only(settings.allowedGroups)
        guard !allowed.isEmpty else { throw SAMLRefusal("the person is in none of the allowedGroups", denial: .notAMember) }
        return settings.filtersGroups ? allowed : groups
    }

    /// The names that would be right, for whoever configures this.
    private static func names(_ attributes: [XMLElement]) -> String {
        let names = attributes.compactMap { $0["Name"] }
        return names.isEmpty ? "none" : names.prefix(30).joined(separator: ", ")
    }
}
