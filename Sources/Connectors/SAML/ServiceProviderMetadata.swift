import JOSE
import XMLSecurity

/// What an identity provider wants to know about us (saml-metadata §2.4.4).
struct ServiceProviderMetadata {
    let settings: SAMLSettings
    let id: String

    func document() throws -> [UInt8] {
        let escape = XMLEscaping.escape
        let signer = try settings.signing.map(DocumentSigner.init)
        let keys =
            key("signing", settings.signing?.certificate) + key("encryption", settings.decryption.first?.certificate)
        let text = """
            <md:EntityDescriptor xmlns:md="\(SAMLName.metadataNamespace)" ID="\(escape(id))" \
            entityID="\(escape(settings.entityID))">\(signer?.template(for: id) ?? "")\
            <md:SPSSODescriptor AuthnRequestsSigned="\(signer != nil)" WantAssertionsSigned="\(!settings.skipsSignatures)" \
            protocolSupportEnumeration="\(SAMLName.protocolNamespace)">\(keys)\
            \(singleLogoutServices)\
            <md:NameIDFormat>\(escape(settings.nameIDFormat))</md:NameIDFormat>\
            <md:AssertionConsumerService Binding="\(SAMLName.post)" Location="\(escape(settings.redirectURI))" index="0" \
            isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>
            """
        let bytes = Array(text.utf8)
        return try signer?.sign(bytes) ?? bytes
    }

    private func key(_ use: String, _ certificate: Certificate?) -> String {
        guard let certificate else { return "" }
        return """
            <md:KeyDescriptor use="\(use)"><ds:KeyInfo xmlns:ds="\(SAMLName.signatureNamespace)"><ds:X509Data>\
            <ds:X509Certificate>\(Base64.encode(certificate.der))</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
            </md:KeyDescriptor>
            """
    }
}
