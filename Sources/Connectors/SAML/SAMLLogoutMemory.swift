import Bytes
import JOSE
import XMLSecurity

/// Whose session it is, as the identity provider has called it at the login (saml-core §3.7.1).
struct SAMLLogoutMemory: Sendable, Hashable {
    let nameID: String
    /// `Format`, `NameQualifier` and `SPNameQualifier`, as far as they were there.
    let attributes: [ExactText: String]
    let sessionIndex: String?

    private static let names = ["Format", "NameQualifier", "SPNameQualifier"]
    /// There is room for no more in a browser.
    private static let longest = 2000

    /// - Parameters:
    ///   - assertion: verified.
    ///   - decryptedName: what its `EncryptedID` holds, if there is one.
    init?(_ assertion: XMLElement, decryptedName: XMLElement? = nil) {
        let statements = assertion.elements("AuthnStatement", in: SAMLName.assertionNamespace)
        guard
            let name = decryptedName
                ?? assertion.first("Subject", in: SAMLName.assertionNamespace)?
                .first("NameID", in: SAMLName.assertionNamespace), let text = name.text
        else { return nil }
        nameID = text
        attributes = Dictionary(uniqueKeysWithValues: Self.names.compactMap { key in name[key].map { (key.exact, $0) } })
        sessionIndex = statements.compactMap { $0["SessionIndex"] }.first { !$0.isEmpty }
    }

    init?(_ text: String) {
        guard let json = try? JSON(parsing: Array(text.utf8)), let name = json["NameID"]?.string else { return nil }
        nameID = name
        attributes = Dictionary(uniqueKeysWithValues: Self.names.compactMap { key in json[key]?.string.map { (key.exact, $0) } })
        sessionIndex = json["SessionIndex"]?.string
    }

    /// Nil if it is too long.
    var text: String? {
        var object: JSONObject = ["NameID": .string(nameID)]
        for name in Self.names { object[name] = attributes[name.exact].map(JSON.string) }
        object["SessionIndex"] = sessionIndex.map(JSON.string)
        let text = String(decoding: object.serialized(), as: UTF8.self)
        return text.utf8.count <= Self.longest ? text : nil
    }

    /// What a refresh grant keeps, so that a logout of one session is found to be its own.
    var connectorData: [UInt8]? {
        sessionIndex.map { JSON.object(["SessionIndex": .string($0)]).serialized() }
    }

    /// Whether a logout of these sessions is one of a login that has kept such data. A login that names no session could be of
    /// each.
    static func covers(_ connectorData: [UInt8]?, sessions: [String]) -> Bool {
        guard !sessions.isEmpty, let connectorData, let index = (try? JSON(parsing: connectorData))?["SessionIndex"]?.string
        else { return true }
        return sessions.containsExactly(index)
    }

    /// `NameID` and `SessionIndex`, for a request.
    var xml: String {
        let escape = XMLEscaping.escape
        let further = Self.names.compactMap { name in attributes[name.exact].map { " \(name)=\"\(escape($0))\"" } }.joined()
        let index = sessionIndex.map { "<samlp:SessionIndex>\(escape($0))</samlp:SessionIndex>" }
        return "<saml:NameID\(further)>\(escape(nameID))</saml:NameID>\(index ?? "")"
    }
}
