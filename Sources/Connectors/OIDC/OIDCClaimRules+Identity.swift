import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect

extension OIDCClaimRules {
    /// The identity that claims make.
    /// - Throws: `denied` when something is missing that the person's profile should have, or a group that is asked for.
    func identity(_ claims: JSONObject) throws(ConnectorError) -> Identity {
        guard let userID = claims[userIDKey]?.string, !userID.isEmpty else { throw incomplete(userIDKey, "userIDKey") }
        guard let name = claims[userNameKey]?.string else { throw incomplete(userNameKey, "userNameKey") }
        let (email, emailName) = text("email", emailKey, claims)
        if email == nil, needsEmail { throw incomplete(emailName, "claimMapping.email") }
        var isVerified = claims["email_verified"]?.bool
        if isVerified == nil, skipsEmailVerified { isVerified = true }
        if isVerified == nil, needsEmail { throw incomplete("email_verified", "insecureSkipEmailVerified") }
        return Identity(
            userID: userID, username: name,
            preferredUsername: text("preferred_username", preferredUsernameKey, claims).value ?? "", email: email ?? "",
            emailVerified: isVerified ?? false, groups: try groups(claims))
    }

    /// A text by its standard name, or by the configured one.
    private func text(_ name: String, _ other: String?, _ claims: JSONObject) -> (value: String?, name: String) {
        let found = claims[name]?.string
        guard let other, found == nil || overridesMapping else { return (found, name) }
        return (claims[other]?.string, other)
    }

    private func groups(_ claims: JSONObject) throws(ConnectorError) -> [String] {
        var found: [String] = []
        if takesGroups {
            found = groups.filtered(try listed(claims))
            if !allowedGroups.isEmpty {
                found = found.only(allowedGroups)
                guard !found.isEmpty else { throw .denied(.notAMember, "not in any of allowedGroups") }
            }
        }
        found = found.map { groups.prefix + $0 + groups.suffix }
        return found + groups.made.compactMap { $0.group(of: claims) }
    }

    /// A list of texts, or of objects with a `name`, or one text.
    private func listed(_ claims: JSONObject) throws(ConnectorError) -> [String] {
        var name = "groups"
        if let groupsKey, claims[name]?.array == nil || overridesMapping { name = groupsKey }
        switch claims[name] {
        case .string(let one): return [one]
        case .array(let several):
            var groups: [String] = []
            for entry in several {
                if let group = entry.string ?? entry["name"]?.string {
                    groups.append(group)
                } else if entry.object == nil {
                    throw .refused("the claim \(name) holds something that is no group")
                }
            }
            return groups
        default: return []
        }
    }

    private func incomplete(_ claim: String, _ key: String) -> ConnectorError {
        .denied(.incompleteProfile, "the provider gave no claim \(claim); see \(key), scopes and getUserInfo")
    }
}

extension OIDCGroupRules {
    fileprivate func filtered(_ groups: [String]) -> [String] {
        guard let filter else { return groups }
        // Unusable would have been a problem of the configuration: nobody gets in by that.
        guard let expression = try? Regex(filter).matchingSemantics(.unicodeScalar) else { return [] }
        // characters: this expression sees scalars
        return groups.filter { $0.firstMatch(of: expression) != nil }
    }
}

extension OIDCGroupRules.Made {
    /// Nil if none of the claims is there as text.
    fileprivate func group(of claims: JSONObject) -> String? {
        let values = self.claims.compactMap { claims[$0]?.string }.map { clearsDelimiter ? $0.without(delimiter) : $0 }
        return values.isEmpty ? nil : ([prefix] + values).joined(separator: delimiter)
    }
}

extension String {
    /// Taken out again and again: what is left around one delimiter may be another. And the text, between two delimiters, makes
    /// none with a part of either: `-x` behind `--` could be read as `x` behind `---`.
    fileprivate func without(_ delimiter: String) -> String {
        guard !delimiter.isEmpty else { return self }
        var text = self[...]
        while true {
            while text.containsBytes(of: delimiter) { text = String(text).replacing(bytesOf: delimiter, with: "")[...] }
            if !text.isEmpty, (delimiter + text)[...].utf8.dropFirst().containsBytes(of: delimiter) {
                text.unicodeScalars.removeFirst()
            } else if !text.isEmpty, (text + delimiter)[...].utf8.dropLast().containsBytes(of: delimiter) {
                text.unicodeScalars.removeLast()
            } else {
                return String(text)
            }
        }
    }
}

extension Substring.UTF8View {
    fileprivate func containsBytes(of other: String) -> Bool { Substring(self).containsBytes(of: other) }
}
