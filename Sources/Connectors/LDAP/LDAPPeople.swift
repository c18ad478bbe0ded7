import Bytes
import Directory
import OpenIDConnect

/// Finds people, and reads from their entries who they are.
struct LDAPPeople: Sendable {
    let settings: LDAPSettings
    let directory: any DirectoryClient

    private var search: LDAPSettings.UserSearch { settings.userSearch }

    /// What is sent for a name.
    func request(for username: String) -> SearchRequest {
        let matches = search.usernameAttributes.map { Filter.equal($0, username) }
        return SearchRequest(
            base: search.baseDN, scope: search.scope, filter: Filter.both(search.filter, Filter.any(matches)),
            attributes: attributes, limit: 1)
    }

    /// - Returns: nil if nobody is called so.
    func find(_ username: String) async throws(ConnectorError) -> Entry? {
        do { return try await directory.search(request(for: username)).first } catch {
            guard case .failed(let failure) = error, failure.kind == .sizeLimitExceeded else { throw ConnectorError(error) }
            throw .unavailable(
                "\(failure.action): more than one entry; userSearch must find one person by a name, so make its filter or its base narrower"
            )
        }
    }

    private var attributes: [String] {
        var names = [search.idAttribute, search.emailAttribute, search.nameAttribute, search.preferredUsernameAttribute]
            .compactMap(\.self)
        names += (settings.groupSearch?.matchers ?? []).map(\.userAttribute)
        if search.checksAccountState { names += AccountState.attributes }
        var known: Set<ExactText> = ["dn"]
        return names.filter { known.insert($0.asciiLowercased.exact).inserted }
    }

    /// - Throws: when the entry lacks something that the configuration names.
    func identity(of entry: Entry) throws(ConnectorError) -> Identity {
        var missing: [String] = []
        func text(_ attribute: String, _ format: LDAPSettings.IDFormat = .automatic) -> String {
            let text = entry.text(attribute, format) ?? ""
            if text.isEmpty { missing.append(attribute) }
            return text
        }
        let id = text(search.idAttribute, search.idFormat)
        let name = search.nameAttribute.map { text($0) } ?? ""
        let preferred = search.preferredUsernameAttribute.map { text($0) } ?? ""
        let email = search.emailSuffix.map { "\(name)@\($0)" } ?? search.emailAttribute.map { text($0) } ?? ""
        guard missing.isEmpty else {
            throw .denied(
                .incompleteProfile, "\(entry.dn) has no readable \(missing.joined(separator: ", ")), which userSearch names")
        }
        return Identity(userID: id, username: name, preferredUsername: preferred, email: email, emailVerified: true)
    }
}

extension Entry {
    /// An attribute's values; of `DN` the entry's name, unless there is such an attribute.
    func values(_ attribute: String) -> [[UInt8]] {
        let values = self[attribute]
        return values.isEmpty && attribute.hasSameBytesFoldingASCII(as: "dn") ? [Array(dn.utf8)] : values
    }

    /// The first value as text; nil if there is none that can be written so.
    func text(_ attribute: String, _ format: LDAPSettings.IDFormat = .automatic) -> String? {
        guard let value = values(attribute).first else { return nil }
        switch format {
        case .text: return String(validating: value, as: UTF8.self)
        case .guid: return BinaryIdentifier.guid(value)
        case .sid: return BinaryIdentifier.sid(value)
        case .hex: return BinaryIdentifier.hex(value)
        case .automatic:
            switch attribute.asciiLowercased {
            case "objectguid": return BinaryIdentifier.guid(value) ?? String(validating: value, as: UTF8.self)
            case "objectsid": return BinaryIdentifier.sid(value) ?? String(validating: value, as: UTF8.self)
            default: return String(validating: value, as: UTF8.self)
            }
        }
    }
}
