import Bytes
import FoundationEssentials
import XMLSecurity

/// Whether an assertion is meant for us, for the request of this sign-in, and for now (saml-core §2, saml-profiles §4.1.4.3).
struct AssertionCheck {
    let settings: SAMLSettings
    let requestID: String
    let now: Date
    /// What the subject's `EncryptedID` holds.
    var decryptedName: XMLElement?

    struct Checked {
        let nameID: String
        let assertionID: String
        let issuer: String
        let expiresAt: Double
    }

    func check(_ assertion: XMLElement) throws(SAMLRefusal) -> Checked {
        guard assertion["Version"] == "2.0", let id = assertion["ID"], !id.isEmpty else {
            throw SAMLRefusal("the assertion is not of SAML 2.0 or has no ID")
        }
        let issuers = elements("Issuer", of: assertion)
        guard issuers.count == 1, let issuer = issuers[0].text, !issuer.isEmpty else {
            throw SAMLRefusal("the assertion does not name its issuer")
        }
        if let expected = settings.ssoIssuer, !issuer.hasSameBytes(as: expected) {
            throw SAMLRefusal("the assertion is by another issuer than ssoIssuer")
        }
        let subjects = elements("Subject", of: assertion)
        guard subjects.count == 1 else { throw SAMLRefusal("the assertion has not one subject") }
        let nameID = try name(of: subjects[0])
        let confirmedUntil = try confirm(subjects[0])
        let endsAt = try checkConditions(assertion)
        try checkSession(assertion)
        let expiry = min(confirmedUntil, endsAt ?? confirmedUntil)
        return Checked(
            nameID: nameID, assertionID: id, issuer: issuer, expiresAt: expiry.timeIntervalSince1970 + settings.skew)
    }

    private func name(of subject: XMLElement) throws(SAMLRefusal) -> String {
        var names = elements("NameID", of: subject)
        if let decryptedName {
            guard decryptedName.isNamed("NameID", in: SAMLName.assertionNamespace) else {
                throw SAMLRefusal("what is encrypted in the subject is not a name (NameID)")
            }
            names.append(decryptedName)
        }
        guard names.count + elements("BaseID", of: subject).count <= 1 else {
            throw SAMLRefusal("the subject has several names")
        }
        guard names.count == 1, let name = names[0].text, !name.isEmpty else {
            throw SAMLRefusal("the subject has no name (NameID)")
        }
        return name
    }

    // MARK: Subject confirmation

    /// One confirmation must fit in every respect.
    private func confirm(_ subject: XMLElement) throws(SAMLRefusal) -> Date {
        var reason = "the subject has no bearer confirmation"
        for confirmation in elements("SubjectConfirmation", of: subject) where confirmation["Method"].isExactly(SAMLName.bearer) {
            let data = elements("SubjectConfirmationData", of: confirmation)
            guard data.count == 1 else { continue }
            switch try confirms(data[0]) {
            case .success(let end): return end
            case .failure(let refusal): reason = refusal.reason
            }
        }
        throw SAMLRefusal(reason)
    }

    private func confirms(_ data: XMLElement) throws(SAMLRefusal) -> Result<Date, SAMLRefusal> {
        guard data["InResponseTo"].isExactly(requestID) else {
            return .failure(SAMLRefusal("the subject is not confirmed for the request of this sign-in (InResponseTo)"))
        }
        guard data["Recipient"].isExactly(settings.redirectURI) else {
            return .failure(SAMLRefusal("the subject is confirmed for another address (Recipient) than redirectURI"))
        }
        guard let end = try time("NotOnOrAfter", of: data) else {
            return .failure(SAMLRefusal("the confirmation of the subject has no end (NotOnOrAfter)"))
        }
        if let refusal = outside(from: try time("NotBefore", of: data), to: end, "the confirmation of the subject") {
            return .failure(refusal)
        }
        return .success(end)
    }

    // MARK: Conditions

    private static let knownConditions = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"]

    private func checkConditions(_ assertion: XMLElement) throws(SAMLRefusal) -> Date? {
        let all = elements("Conditions", of: assertion)
        guard all.count == 1 else { throw SAMLRefusal("the assertion has no conditions, so it could be meant for anybody") }
        let conditions = all[0]
        let end = try time("NotOnOrAfter", of: conditions)
        if let refusal = outside(from: try time("NotBefore", of: conditions), to: end, "the assertion") { throw refusal }
        // saml-core §2.5.1.1: a condition that is not understood leaves open whether the assertion is valid.
        for condition in conditions.elements {
            guard Self.knownConditions.contains(where: { condition.isNamed($0, in: SAMLName.assertionNamespace) }) else {
                throw SAMLRefusal("the assertion has a condition that is not understood")
            }
        }
        let restrictions = elements("AudienceRestriction", of: conditions)
        guard !restrictions.isEmpty else { throw SAMLRefusal("the assertion is restricted to no audience") }
        for restriction in restrictions {
            guard elements("Audience", of: restriction).contains(where: { $0.text.isExactly(settings.entityID) }) else {
                throw SAMLRefusal("the assertion is for another audience than \(settings.entityID)")
            }
        }
        return end
    }

    private func checkSession(_ assertion: XMLElement) throws(SAMLRefusal) {
        for statement in elements("AuthnStatement", of: assertion) {
            let end = try time("SessionNotOnOrAfter", of: statement)
            if let refusal = outside(from: nil, to: end, "the session at the identity provider") { throw refusal }
        }
    }

    // MARK: Times

    private func time(_ name: String, of element: XMLElement) throws(SAMLRefusal) -> Date? {
        guard let text = element[name] else { return nil }
        guard let time = SAMLTime.parse(text) else { throw SAMLRefusal("\(name) is not a time in UTC") }
        return time
    }

    private func outside(from start: Date?, to end: Date?, _ what: String) -> SAMLRefusal? {
        if let start, now + settings.skew < start {
            return SAMLRefusal("\(what) is not valid yet; do the clocks of both servers agree?")
        }
        if let end, now - settings.skew >= end {
            return SAMLRefusal("\(what) has expired; do the clocks of both servers agree?")
        }
        return nil
    }

    private func elements(_ name: String, of element: XMLElement) -> [XMLElement] {
        element.elements(name, in: SAMLName.assertionNamespace)
    }
}
