import Connectors
import DexConfiguration
import JOSE

extension SAMLSettings {
    /// - Throws: ``StartError`` naming the key whose certificate or key cannot be used.
    init(_ saml: Configuration.Connector.SAML, id: String) throws {
        let wrong = { (key: String, error: any Error) in StartError("the connector \(id), \(key): \(error)") }
        let bundle = { (pem: String?, key: String) throws -> [Certificate] in
            do { return try pem.map(Certificate.bundle(pem:)) ?? [] } catch { throw wrong(key, error.certificateReason) }
        }
        var certificates = try bundle(saml.certificates, "ca")
        var metadata: IdentityProviderMetadata?
        if let text = saml.idpMetadata {
            let signers = try bundle(saml.idpMetadataSigners, "idpMetadataCA")
            do {
                metadata = try IdentityProviderMetadata(parsing: Array(text.utf8), entityID: saml.ssoIssuer, signers: signers)
            } catch { throw wrong("idpMetadataFile", error) }
        }
        let binding: Binding = saml.requestBinding == .redirect ? .redirect : .post
        guard let ssoURL = saml.ssoURL ?? (binding == .redirect ? metadata?.redirectURL : metadata?.postURL) else {
            throw StartError("the connector \(id), idpMetadataFile: no SingleSignOnService with \(saml.requestBinding.rawValue)")
        }
        if saml.certificates == nil, let metadata { certificates = metadata.certificates }
        guard !certificates.isEmpty || saml.insecureSkipSignatureValidation else {
            throw StartError("the connector \(id): there is no certificate to verify signatures with; write ca")
        }
        self.init(
            ssoURL: ssoURL, redirectURI: saml.redirectURI, certificates: certificates, usernameAttribute: saml.usernameAttr,
            emailAttribute: saml.emailAttr)
        self.binding = binding
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
        if let pair = saml.signing {
            signing = try KeyPair(pair, wrong: { wrong("signingKeyFile", $0) }, bundle: { try bundle($0, "signingCertFile") })
            if case .ed25519? = signing?.key.specification {
                throw StartError("the connector \(id), signingKeyFile: an Ed25519 key; SAML needs RSA or EC")
            }
        }
        if let pair = saml.decryption {
            let pair = try KeyPair(
                pair, wrong: { wrong("decryptionKeyFile", $0) }, bundle: { try bundle($0, "decryptionCertFile") })
            guard case .rsa = pair.key.specification else {
                throw StartError("the connector \(id), decryptionKeyFile: not an RSA key, the only kind that decrypts")
            }
            decryption = [pair]
        }
    }
}

extension SAMLSettings.KeyPair {
    fileprivate init(
        _ pair: Configuration.Connector.SAML.KeyPair, wrong: (any Error) -> StartError,
        bundle: (String?) throws -> [Certificate]
    ) throws {
        let key: PrivateKey
        do { key = try PrivateKey(pem: pair.key.text) } catch { throw wrong(error) }
        let certificate = try bundle(pair.certificate).first
        if let certificate, (try? PublicKey(pem: certificate.publicKeyPEM).thumbprint) != key.publicKey.thumbprint {
            throw wrong(StartError("the certificate is of another key"))
        }
        self.init(key: key, certificate: certificate)
    }
}

extension Error {
    /// Malformed PEM is described as a missing private key, which a certificate is not.
    fileprivate var certificateReason: any Error {
        if case .malformedPEM(let failure)? = self as? KeyError {
            return StartError("not a text of nothing but certificates in PEM (\(failure))")
        }
        return self
    }
}
