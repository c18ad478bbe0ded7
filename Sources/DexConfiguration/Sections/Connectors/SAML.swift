#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Configuration.Connector {
    /// A SAML 2.0 identity provider.
    public struct SAML: Sendable, Hashable {
        public enum RequestBinding: String, Sendable, Hashable, CaseIterable {
            case post = "HTTP-POST"
            case redirect = "HTTP-Redirect"
        }

        /// A private key in PEM, and its certificate in PEM if there is one.
        public struct KeyPair: Sendable, Hashable {
            public var key: Secret
            public var certificate: String?
        }

        /// Nil: the metadata tells it.
        public var ssoURL: String?
        /// Certificates in PEM; nil if the metadata tells them, or signatures are not looked at.
        public var certificates: String?
        public var ssoIssuer: String?
        public var entityIssuer: String?
        public var redirectURI: String
        public var usernameAttr: String
        public var emailAttr: String
        public var preferredUsernameAttr: String?
        public var groupsAttr: String?
        public var groupsDelim: String?
        public var allowedGroups: [String]
        public var filterGroups: Bool
        /// A full URN.
        public var nameIDPolicyFormat: String
        public var insecureSkipSignatureValidation: Bool
        public var insecureAllowSHA1: Bool
        public var requestBinding: RequestBinding
        public var signing: KeyPair?
        public var decryption: KeyPair?
        /// The identity provider's metadata, read from `idpMetadataFile`.
        public var idpMetadata: String?
        /// Certificates in PEM, one of which must have signed the metadata.
        public var idpMetadataSigners: String?
        public var clockSkew: Duration
        /// `SingleLogoutService` of the identity provider by HTTP-Redirect; nil: the metadata tells it, if there is one.
        public var sloURL: String?
        /// Whether a logout here ends the session there.
        public var upstreamLogout: Bool
    }
}

extension Configuration.Connector.SAML {
    static var schema: Schema<Self> {
        Schema<Self>.mapping { keys in
            let metadata = file("idpMetadataFile", keys)
            let metadataSigners = file("idpMetadataCA", keys).flatMap { certificates($0, keys["idpMetadataCA"], keys) }
            let ssoURL = metadata == nil ? keys.required("ssoURL", .webAddress) : keys("ssoURL", .webAddress)
            let skips = keys("insecureSkipSignatureValidation", .bool, default: false)
            let trusted = trustedCertificates(keys, mayBeAbsent: skips || metadata != nil)
            let redirectURI = keys.required(
                "redirectURI", .webAddress, hint: "write the issuer with /callback: https://sso.example.com/dex/callback")
            let usernameAttr = keys.required("usernameAttr", .text, hint: "the Name of an attribute, for example name")
            let emailAttr = keys.required("emailAttr", .text, hint: "the Name of an attribute, for example email")
            let groupsAttr = keys("groupsAttr", .text)
            let allowedGroups = keys("allowedGroups", .list(of: .text), default: [])
            if !allowedGroups.isEmpty, groupsAttr == nil, let place = keys["allowedGroups"] {
                keys.loading.problem("nobody could log in without groupsAttr", hint: "write groupsAttr", at: place)
            }
            let values = Self.init(
                ssoURL: ssoURL, certificates: trusted, ssoIssuer: keys("ssoIssuer", .text),
                entityIssuer: keys("entityIssuer", .text), redirectURI: redirectURI ?? "", usernameAttr: usernameAttr ?? "",
                emailAttr: emailAttr ?? "", preferredUsernameAttr: keys("preferredUsernameAttr", .text), groupsAttr: groupsAttr,
                groupsDelim: keys("groupsDelim", .text), allowedGroups: allowedGroups,
                filterGroups: keys("filterGroups", .bool, default: false),
                nameIDPolicyFormat: keys("nameIDPolicyFormat", .nameIDFormat, default: NameIDFormat.persistent),
                insecureSkipSignatureValidation: skips, insecureAllowSHA1: keys("insecureAllowSHA1", .bool, default: false),
                requestBinding: keys("requestBinding", .word("binding"), default: .post),
                signing: keyPair("signing", keys), decryption: keyPair("decryption", keys), idpMetadata: metadata,
                idpMetadataSigners: metadataSigners,
                clockSkew: keys("clockSkew", .clockSkew, default: .seconds(30)), sloURL: keys("sloURL", .webAddress),
                upstreamLogout: keys("upstreamLogout", .bool, default: true))
            warn(values, keys)
            guard metadata != nil || ssoURL != nil, redirectURI != nil, usernameAttr != nil, emailAttr != nil else { return nil }
            return values
        }.expandingEnvironment()
    }

    private static func warn(_ values: Self, _ keys: Keys) {
        if values.insecureSkipSignatureValidation, let place = keys["insecureSkipSignatureValidation"] {
            keys.loading.warning(
                "ANYBODY CAN LOG IN AS ANYBODY: signatures of the identity provider are not looked at",
                hint: "remove this key and write ca", at: place)
        }
        if values.insecureAllowSHA1, let place = keys["insecureAllowSHA1"] {
            keys.loading.warning(
                "signatures with SHA-1 can be forged", hint: "let the identity provider sign with SHA-256, and remove this key",
                at: place)
        }
        if keys["idpMetadataCA"] != nil, keys["idpMetadataFile"] == nil {
            keys.problem("idpMetadataCA without idpMetadataFile", hint: "write idpMetadataFile, or remove idpMetadataCA")
        }
    }

    // MARK: Certificates and keys

    private static func file(_ name: String, _ keys: Keys) -> String? {
        guard let path = keys(name, .text), let place = keys[name] else { return nil }
        return keys.loading.contents(ofFile: path, namedAt: place)
    }

    private static func trustedCertificates(_ keys: Keys, mayBeAbsent: Bool) -> String? {
        let fromFile = file("ca", keys)
        let fromData = keys("caData", .base64Text)
        if keys["ca"] != nil, let second = keys["caData"] {
            keys.loading.problem("given twice", hint: "write one of ca, caData", at: second)
        }
        guard let place = keys["ca"] ?? keys["caData"] else {
            if !mayBeAbsent {
                keys.problem(
                    "neither ca nor caData, so nothing could be verified",
                    hint: "write ca: with the path of the identity provider's signing certificate in PEM")
            }
            return nil
        }
        return (fromFile ?? fromData).flatMap { certificates($0, place, keys) }
    }

    private static func certificates(_ text: String, _ place: Located?, _ keys: Keys) -> String? {
        guard text.contains("-----BEGIN CERTIFICATE-----") else {
            if let place { keys.loading.problem("no certificate in PEM (-----BEGIN CERTIFICATE-----)", at: place) }
            return nil
        }
        return text
    }

    private static func keyPair(_ prefix: String, _ keys: Keys) -> KeyPair? {
        let key = file(prefix + "KeyFile", keys)
        let certificate = file(prefix + "CertFile", keys)
        if keys[prefix + "KeyFile"] == nil, let place = keys[prefix + "CertFile"] {
            keys.loading.problem("a certificate without its key", hint: "write \(prefix)KeyFile", at: place)
        }
        return key.map { KeyPair(key: Secret($0), certificate: certificate) }
    }
}

/// The names that Dex has for formats of NameID (saml-core §8.3).
private enum NameIDFormat {
    static let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    static let byName: [String: String] = [
        "emailAddress": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "unspecified": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        "X509SubjectName": "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
        "WindowsDomainQualifiedName": "urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName",
        "encrypted": "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted",
        "entity": "urn:oasis:names:tc:SAML:2.0:nameid-format:entity",
        "kerberos": "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos",
        "persistent": persistent,
        "transient": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
    ]
}

extension Schema<String> {
    fileprivate static var nameIDFormat: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            if NameIDFormat.byName.values.contains(text) { return text }
            guard let urn = NameIDFormat.byName[text] else {
                throw Mistake(
                    "unknown format of NameID \(quoted(text))",
                    hint: "one of \(NameIDFormat.byName.keys.sorted().joined(separator: ", ")), or its full URN")
            }
            return urn
        }
    }

    /// The address of a page: absolute, http or https, without a fragment.
    fileprivate static var webAddress: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let lower = text.lowercased()
            guard lower.hasPrefix("https://") || lower.hasPrefix("http://"), !text.contains("#"), !text.contains(" "),
                !text.utf8.contains(where: { $0 < 0x20 })
            else { throw Mistake("\(quoted(text)) is not an address", hint: "write for example https://idp.example.com/sso") }
            return text
        }
    }

    /// Text in base64, as Go writes bytes.
    fileprivate static var base64Text: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }),
                let decoded = String(bytes: data, encoding: .utf8)
            else { throw Mistake("not base64 of a text", hint: "write the output of base64 -w0 FILE") }
            return decoded
        }
    }
}

extension Schema<Duration> {
    fileprivate static var clockSkew: Schema {
        duration.map { duration throws(Mistake) in
            guard duration <= .seconds(180) else { throw Mistake("must not be longer than 3m") }
            return duration
        }
    }
}
