import Bytes
import DexConfiguration
import Testing

private let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"

/// The minimal configuration with a connector, the lines of whose `config` begin at line 10.
private func saml(_ lines: String..., type: String = "saml") -> String {
    minimal + "connectors:\n- type: \(type)\n  id: a\n  name: A\n  config:\n" + lines.map { "    \($0)\n" }.joined()
}

private let least = [
    "ssoURL: https://idp.example.com/sso", "ca: /idp.pem", "redirectURI: https://sso.example.com/dex/callback",
    "usernameAttr: name", "emailAttr: email",
]

private func saml(least more: String..., type: String = "saml") -> String {
    minimal + "connectors:\n- type: \(type)\n  id: a\n  name: A\n  config:\n" + (least + more).map { "    \($0)\n" }.joined()
}

private func read(_ yaml: String, environment: [ExactText: String] = [:]) throws -> (Configuration.Connector.SAML, [String]) {
    let result = try load(
        yaml, environment: environment, files: ["/idp.pem": pem, "/idp.xml": "<x/>", "/key.pem": "a key\n", "/cert.pem": pem])
    guard case .saml(let saml)? = result.configuration.connectors.first?.kind else { throw NoSuchFile() }
    return (saml, result.warnings.map(\.description))
}

@Suite("The section of a SAML connector") struct SAMLTests {
    @Test("has Dex's defaults, also under its old name", arguments: ["saml", "samlExperimental"])
    func defaults(type: String) throws {
        let (saml, warnings) = try read(saml(least: "insecureSkipSignatureValidation: false", type: type))
        #expect(warnings.isEmpty)
        #expect(saml.ssoURL == "https://idp.example.com/sso" && saml.certificates == .file("/idp.pem"))
        #expect(saml.redirectURI == "https://sso.example.com/dex/callback")
        #expect(saml.usernameAttr == "name" && saml.emailAttr == "email")
        #expect(saml.ssoIssuer == nil && saml.entityIssuer == nil && saml.groupsAttr == nil && saml.groupsDelim == nil)
        #expect(saml.nameIDPolicyFormat == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
        #expect(saml.requestBinding == .post && saml.clockSkew == .seconds(30) && saml.allowedGroups.isEmpty)
        #expect(saml.sloURL == nil && saml.upstreamLogout)
        #expect(saml.sendRelayState && !saml.filterGroups && !saml.insecureSkipSignatureValidation && !saml.insecureAllowSHA1)
    }

    @Test func `All keys are read, the environment expanded`() throws {
        let (saml, _) = try read(
            saml(
                least: "entityIssuer: $WHO", "ssoIssuer: b", "groupsAttr: c", "groupsDelim: ', '", "allowedGroups: [d, e]",
                "filterGroups: true", "nameIDPolicyFormat: emailAddress", "preferredUsernameAttr: f",
                "requestBinding: HTTP-Redirect", "sendRelayState: false", "signingKeyFile: /key.pem",
                "signingCertFile: /cert.pem",
                "decryptionKeyFile: /key.pem", "decryptionCertFile: /cert.pem", "clockSkew: 1m",
                "sloURL: https://idp.example/slo", "upstreamLogout: false"), environment: ["WHO": "us"])
        #expect(saml.entityIssuer == "us" && saml.ssoIssuer == "b" && saml.groupsAttr == "c" && saml.groupsDelim == ", ")
        #expect(saml.allowedGroups == ["d", "e"] && saml.filterGroups && saml.preferredUsernameAttr == "f")
        #expect(saml.nameIDPolicyFormat == "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")
        #expect(saml.requestBinding == .redirect && !saml.sendRelayState && saml.clockSkew == .seconds(60))
        for pair in [saml.signing, saml.decryption] {
            #expect(pair?.keyFile == "/key.pem" && pair?.certificateFile == "/cert.pem")
        }
        #expect(saml.sloURL == "https://idp.example/slo" && !saml.upstreamLogout)
    }

    @Test func `Metadata stands for ssoURL and ca`() throws {
        let (local, _) = try read(saml("idpMetadataFile: /idp.xml", least[2], least[3], least[4]))
        #expect(local.idpMetadata == .file("/idp.xml") && local.ssoURL == nil && local.certificates == nil)
        let (remote, _) = try read(saml("idpMetadataURL: https://idp.example/m", least[2], least[3], least[4]))
        #expect(remote.idpMetadata == .url("https://idp.example/m") && remote.rootCAs.isEmpty)
        let (plain, _) = try read(
            saml("idpMetadataURL: http://idp.example/m", "idpMetadataCA: /cert.pem", least[2], least[3], least[4]))
        #expect(plain.idpMetadata == .url("http://idp.example/m") && plain.idpMetadataSigners == "/cert.pem")
    }

    private static let unusableFiles = [
        ("ca: /none", "c.yaml:14:9: connectors[0].config.ca: the file \"/none\" cannot be read; no such file"),
        ("ca: /key.pem", "c.yaml:14:9: connectors[0].config.ca: the file \"/key.pem\" holds no -----BEGIN CERTIFICATE-----"),
        (
            "idpMetadataFile: /none",
            "c.yaml:14:22: connectors[0].config.idpMetadataFile: the file \"/none\" cannot be read; no such file"
        ),
        (
            "signingKeyFile: /none",
            "c.yaml:14:21: connectors[0].config.signingKeyFile: the file \"/none\" cannot be read; no such file"
        ),
    ]

    @Test("warns of files that cannot be used yet", arguments: unusableFiles)
    func unusableFile(line: String, warning: String) throws {
        let certificates = line.hasPrefix("ca") || line.hasPrefix("idp") ? [] : ["ca: /idp.pem"]
        let lines = [least[0], least[2], least[3], least[4], line] + certificates
        let (_, warnings) = try read(
            minimal + "connectors:\n- type: saml\n  id: a\n  name: A\n  config:\n" + lines.map { "    \($0)\n" }.joined())
        #expect(warnings == [warning])
    }

    @Test func `What is insecure is warned of`() throws {
        let (saml, warnings) = try read(
            saml(least[0], least[2], least[3], least[4], "insecureSkipSignatureValidation: true", "insecureAllowSHA1: true"))
        #expect(saml.insecureSkipSignatureValidation && saml.insecureAllowSHA1)
        #expect(
            Set(warnings) == [
                "c.yaml:14:38: connectors[0].config.insecureSkipSignatureValidation: ANYBODY CAN LOG IN AS ANYBODY: signatures of the identity provider are not looked at; remove this key and write ca",
                "c.yaml:15:24: connectors[0].config.insecureAllowSHA1: signatures with SHA-1 can be forged; let the identity provider sign with SHA-256, and remove this key",
            ])
    }

    private static let mistakes: [(String, String)] = [
        ("caData: QUJD", "caData: given twice; write one of ca, caData"),
        ("caData: '%'", "caData: not base64 of a text; write the output of base64 -w0 FILE"),
        ("ssoURL: /sso", "ssoURL: \"/sso\" is not an address; write for example https://idp.example.com/sso"),
        ("ssoURL: 'javascript:alert(1)'", "ssoURL: \"javascript:alert(1)\" is not an address; write for example"),
        (
            "nameIDPolicyFormat: persistant",
            "nameIDPolicyFormat: unknown format of NameID \"persistant\"; one of WindowsDomainQualifiedName, X509SubjectName, emailAddress"
        ),
        ("requestBinding: POST", "requestBinding: unknown binding \"POST\"; one of HTTP-POST, HTTP-Redirect"),
        ("allowedGroups: [a]", "allowedGroups: nobody could log in without groupsAttr; write groupsAttr"),
        ("signingCertFile: /cert.pem", "signingCertFile: a certificate without its key; write signingKeyFile"),
        ("clockSkew: 1h", "clockSkew: must not be longer than 3m"),
        (
            "idpMetadataCA: /cert.pem",
            "idpMetadataCA without metadata; write idpMetadataURL or idpMetadataFile, or remove idpMetadataCA"
        ),
        ("rootCAs: [/cert.pem]", "rootCAs: nobody is asked without idpMetadataURL; remove rootCAs"),
        (
            "idpMetadataURL: http://idp.example/m",
            "idpMetadataURL: anybody on the way could put other certificates there; write https, or idpMetadataCA"
        ),
        ("nameidPolicyFormats: a", "nameidPolicyFormats: unknown key; did you mean nameIDPolicyFormat?"),
    ]

    @Test("says what is wrong, and what would be right", arguments: mistakes)
    func mistake(line: String, message: String) {
        let key = line.prefix { $0 != ":" }
        let others = least.filter { !$0.hasPrefix(key + ":") }
        let yaml =
            minimal + "connectors:\n- type: saml\n  id: a\n  name: A\n  config:\n"
            + (others + [line]).map { "    \($0)\n" }.joined()
        let found = problems(yaml, files: ["/idp.pem": pem, "/key.pem": "a key", "/cert.pem": pem])
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func `What is missing is named`() {
        #expect(
            problems(saml("groupsAttr: a")) == [
                "c.yaml:10:5: connectors[0].config: neither ca nor caData, so nothing could be verified; write ca: with the path of the identity provider's signing certificate in PEM",
                "c.yaml:10:5: connectors[0].config.emailAttr: missing; the Name of an attribute, for example email",
                "c.yaml:10:5: connectors[0].config.redirectURI: missing; write the issuer with /callback: https://sso.example.com/dex/callback",
                "c.yaml:10:5: connectors[0].config.ssoURL: missing",
                "c.yaml:10:5: connectors[0].config.usernameAttr: missing; the Name of an attribute, for example name",
            ])
    }
}
