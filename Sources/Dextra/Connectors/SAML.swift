import Bytes
import Connectors
import DexConfiguration
import JOSE
import OpenIDConnect

extension SAMLSettings {
    /// - Throws: ``SAMLReading/Mistake`` naming the key whose certificate or key cannot be used.
    init(_ saml: Configuration.Connector.SAML, _ material: SAMLMaterial, id: String) throws {
        let wrong = { (key: String, error: Any) in SAMLReading.Mistake("\(key): \(error)") }
        let bundle = { (pem: String?, key: String) throws -> [Certificate] in
            do { return try pem.map(Certificate.bundle(pem:)) ?? [] } catch { throw wrong(key, error.certificateReason) }
        }
        var certificates = try bundle(material.certificates, "ca")
        let metadata = try material.metadata.map { metadata in
            let signers = try bundle(material.metadataSigners, "idpMetadataCA")
            do {
                return try IdentityProviderMetadata(parsing: metadata.bytes, entityID: saml.ssoIssuer, signers: signers)
            } catch { throw wrong(metadata.name, error) }
        }
        let binding: Binding = saml.requestBinding == .redirect ? .redirect : .post
        let ssoURL = saml.ssoURL ?? (binding == .redirect ? metadata?.redirectURL : metadata?.postURL)
        if saml.certificates == nil, let metadata { certificates = metadata.certificates }
        if !material.isForOurselves {
            guard ssoURL != nil else {
                throw wrong(material.metadata?.name ?? "ssoURL", "no SingleSignOnService with \(saml.requestBinding.rawValue)")
            }
            guard !certificates.isEmpty || saml.insecureSkipSignatureValidation else {
                throw SAMLReading.Mistake("there is no certificate to verify signatures with; write ca")
            }
        }
        self.init(
            ssoURL: ssoURL ?? "", redirectURI: saml.redirectURI, certificates: certificates, usernameAttribute: saml.usernameAttr,
            emailAttribute: saml.emailAttr)
        self.binding = binding
        sendsRelayState = saml.sendRelayState
        ssoIssuer = saml.ssoIssuer ?? metadata?.entityID
        entityIssuer = saml.entityIssuer
        skipsSignatures = saml.insecureSkipSignatureValidation
        allowsSHA1 = saml.insecureAllowSHA1
        nameIDFormat = saml.nameIDPolicyFormat
        preferredUsernameAttribute = saml.preferredUsernameAttr
        groupsAttribute = saml.groupsAttr
        groupsDelimiter = saml.groupsDelim
        allowedGroups = saml.allowedGroups
        filtersGroups = saml.filterGroups
        skew = saml.clockSkew / .seconds(1)
        logout = SAMLLogoutSettings(saml, metadata: metadata, id: id)
        metadataValidUntil = metadata?.validUntil
        metadataCacheDuration = metadata?.cacheDuration
        if let pair = material.signing {
            signing = try KeyPair(pair, wrong: { wrong("signingKeyFile", $0) }, bundle: { try bundle($0, "signingCertFile") })
            if case .ed25519? = signing?.key.specification {
                throw wrong("signingKeyFile", "an Ed25519 key; SAML needs RSA or EC")
            }
        }
        if let pair = material.decryption {
            let pair = try KeyPair(
                pair, wrong: { wrong("decryptionKeyFile", $0) }, bundle: { try bundle($0, "decryptionCertFile") })
            guard case .rsa = pair.key.specification else {
                throw wrong("decryptionKeyFile", "not an RSA key, the only kind that decrypts")
            }
            decryption = [pair]
        }
    }
}

extension SAMLSettings.KeyPair {
    fileprivate init(
        _ pair: SAMLMaterial.KeyPair, wrong: (any Error) -> SAMLReading.Mistake, bundle: (String?) throws -> [Certificate]
    ) throws {
        let key: PrivateKey
        do { key = try PrivateKey(pem: pair.key.text) } catch { throw wrong(error) }
        let certificate = try bundle(pair.certificate).first
        if let certificate, (try? PublicKey(pem: certificate.publicKeyPEM).thumbprint.exact) != key.publicKey.thumbprint.exact {
            throw wrong(SAMLReading.Mistake("the certificate is of another key"))
        }
        self.init(key: key, certificate: certificate)
    }
}

extension Error {
    /// Malformed PEM is described as a missing private key, which a certificate is not.
    fileprivate var certificateReason: any Error {
        if case .malformedPEM(let failure)? = self as? KeyError {
            return SAMLReading.Mistake("not a text of nothing but certificates in PEM (\(failure))")
        }
        return self
    }
}
