import Bytes

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

        /// Paths of a private key in PEM, and of its certificate in PEM if there is one.
        public struct KeyPair: Sendable, Hashable {
            public var keyFile: String
            public var certificateFile: String?
        }

        /// Certificates in PEM, or the path of a file with them. Files are read when the connector needs them, and again.
        public enum Certificates: Sendable, Hashable {
            case text(String)
            case file(String)
        }

        /// Where the identity provider's metadata stands.
        public enum Metadata: Sendable, Hashable {
            case file(String)
            case url(String)
        }

        /// Nil: the metadata tells it.
        public var ssoURL: String?
        /// Nil if the metadata tells them, or signatures are not looked at.
        public var certificates: Certificates?
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
        public var sendRelayState: Bool
        public var signing: KeyPair?
        public var decryption: KeyPair?
        public var idpMetadata: Metadata?
        /// Path of certificates in PEM, one of which must have signed the metadata.
        public var idpMetadataSigners: String?
        /// Certificates in PEM, besides those of the system, for the address of the metadata.
        public var rootCAs: [String]
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
            let metadata = metadata(keys)
            let metadataSigners = file("idpMetadataCA", keys, holding: certificateMark)
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
                sendRelayState: keys("sendRelayState", .bool, default: true),
                signing: keyPair("signing", keys), decryption: keyPair("decryption", keys), idpMetadata: metadata,
                idpMetadataSigners: metadataSigners, rootCAs: keys("rootCAs", .list(of: .certificateAuthority), default: []),
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
        if keys["idpMetadataCA"] != nil, values.idpMetadata == nil {
            keys.problem(
                "idpMetadataCA without metadata", hint: "write idpMetadataURL or idpMetadataFile, or remove idpMetadataCA")
        }
        if let place = keys["rootCAs"], keys["idpMetadataURL"] == nil {
            keys.loading.problem("nobody is asked without idpMetadataURL", hint: "remove rootCAs", at: place)
        }
    }

    /// Whoever can change what tells us whom to believe can log in as anybody.
    private static func metadata(_ keys: Keys) -> Metadata? {
        let path = file("idpMetadataFile", keys, holding: nil)
        let url = keys("idpMetadataURL", .webAddress)
        if let url, let place = keys["idpMetadataURL"] {
            if path != nil {
                keys.loading.problem("given twice", hint: "write one of idpMetadataFile, idpMetadataURL", at: place)
            }
            if !url.asciiLowercased.startsWithBytes(of: "https://"), keys["idpMetadataCA"] == nil {
                keys.loading.problem(
                    "anybody on the way could put other certificates there",
                    hint: "write https, or idpMetadataCA with the certificate that the metadata is signed with", at: place)
            }
        }
        return url.map(Metadata.url) ?? path.map(Metadata.file)
    }

    // MARK: Certificates and keys

    private static let certificateMark = "-----BEGIN CERTIFICATE-----"

    /// The path of a file that is read later. What is wrong with it now keeps only this connector from working.
    private static func file(_ name: String, _ keys: Keys, holding mark: String?) -> String? {
        guard let path = keys(name, .text) else { return nil }
        if let place = keys[name] { keys.loading.look(intoFile: path, namedAt: place, for: mark) }
        return path
    }

    private static func trustedCertificates(_ keys: Keys, mayBeAbsent: Bool) -> Certificates? {
        let fromFile = file("ca", keys, holding: certificateMark)
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
        if let fromFile { return .file(fromFile) }
        return fromData.flatMap { text in
            guard text.containsBytes(of: certificateMark) else {
                keys.loading.problem("no certificate in PEM (\(certificateMark))", at: place)
                return nil
            }
            return .text(text)
        }
    }

    private static func keyPair(_ prefix: String, _ keys: Keys) -> KeyPair? {
        let key = file(prefix + "KeyFile", keys, holding: nil)
        let certificate = file(prefix + "CertFile", keys, holding: certificateMark)
        if keys[prefix + "KeyFile"] == nil, let place = keys[prefix + "CertFile"] {
            keys.loading.problem("a certificate without its key", hint: "write \(prefix)KeyFile", at: place)
        }
        return key.map { KeyPair(keyFile: $0, certificateFile: certificate) }
    }
}

/// The names that Dex has for formats of NameID (saml-core §8.3).
private enum NameIDFormat {
    static let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    static let byName: [ExactText: String] = [
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
            if NameIDFormat.byName.values.containsExactly(text) { return text }
            guard let urn = NameIDFormat.byName[text.exact] else {
                throw Mistake(
                    "unknown format of NameID \(quoted(text))",
                    hint: "one of \(NameIDFormat.byName.keys.sorted().map(\.text).joined(separator: ", ")), or its full URN")
            }
            return urn
        }
    }

    /// The address of a page: absolute, http or https, without a fragment.
    fileprivate static var webAddress: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let lower = text.asciiLowercased
            guard lower.startsWithBytes(of: "https://") || lower.startsWithBytes(of: "http://"), !text.containsByte("#"),
                !text.containsByte(" "),
                !text.utf8.contains(where: { $0 < 0x20 })
            else { throw Mistake("\(quoted(text)) is not an address", hint: "write for example https://idp.example.com/sso") }
            return text
        }
    }

    /// Text in base64, as Go writes bytes.
    fileprivate static var base64Text: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            guard let data = Data(base64Encoded: text.withoutASCIIWhitespace),
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
