public import FoundationEssentials
public import JOSE
import XMLSecurity

/// What an identity provider's metadata says that a configuration needs (saml-metadata §2.4.3).
public struct IdentityProviderMetadata: Sendable {
    public let entityID: String
    public let postURL: String?
    public let redirectURL: String?
    /// `SingleLogoutService` by HTTP-Redirect.
    public let logoutURL: String?
    /// Where responses go, if it is another address.
    public let logoutResponseURL: String?
    public let certificates: [Certificate]
    /// When it ends, as it says itself (`validUntil`).
    public let validUntil: Date?
    /// After how many seconds it wants to be read again (`cacheDuration`).
    public let cacheDuration: Double?

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - entityID: which of several; nil if there is only one.
    ///   - signers: if not empty, the document must be signed by one of them.
    public init(parsing bytes: [UInt8], entityID: String? = nil, signers: [Certificate] = []) throws(Failure) {
        var root: XMLElement
        do throws(XMLSecurityError) {
            let document = try XMLDocument(bytes)
            root = document.unverifiedRoot
            if !signers.isEmpty {
                guard let verified = try SignatureVerifier(keys: signers.map(\.publicKeyPEM)).verifiedRoot(of: document) else {
                    throw .unacceptableSignature("the metadata has none")
                }
                root = verified.element
            }
        } catch { throw Failure(description: error.description) }
        let found = try Self.entities(root, MetadataLife()).filter { entity, _ in
            entity.first("IDPSSODescriptor", in: SAMLName.metadataNamespace) != nil
                && (entityID.map { entity["entityID"].isExactly($0) } ?? true)
        }
        guard let (entity, outerLife) = found.first,
            let descriptor = entity.first("IDPSSODescriptor", in: SAMLName.metadataNamespace)
        else {
            throw Failure(description: "it describes no identity provider" + (entityID.map { " \($0)" } ?? ""))
        }
        guard found.count == 1 else {
            throw Failure(description: "it describes \(found.count) identity providers; name the one to use with ssoIssuer")
        }
        let life = try outerLife.narrowed(by: descriptor)
        validUntil = life.validUntil
        cacheDuration = life.cacheDuration
        self.entityID = entity["entityID"] ?? ""
        let services = descriptor.elements("SingleSignOnService", in: SAMLName.metadataNamespace)
        postURL = services.first { $0["Binding"].isExactly(SAMLName.post) }?["Location"]
        redirectURL = services.first { $0["Binding"].isExactly(SAMLName.redirect) }?["Location"]
        let logout = descriptor.elements("SingleLogoutService", in: SAMLName.metadataNamespace).first {
            $0["Binding"].isExactly(SAMLName.redirect)
        }
        logoutURL = logout?["Location"]
        logoutResponseURL = logout?["ResponseLocation"]
        certificates = try Self.certificates(descriptor)
    }

    private static func entities(
        _ root: XMLElement, _ life: MetadataLife
    ) throws(Failure) -> [(XMLElement, MetadataLife)] {
        if root.isNamed("EntityDescriptor", in: SAMLName.metadataNamespace) { return [(root, try life.narrowed(by: root))] }
        guard root.isNamed("EntitiesDescriptor", in: SAMLName.metadataNamespace) else { return [] }
        let life = try life.narrowed(by: root)
        var found: [(XMLElement, MetadataLife)] = []
        for element in root.elements { found += try entities(element, life) }
        return found
    }

    private static func certificates(_ descriptor: XMLElement) throws(Failure) -> [Certificate] {
        var certificates: [Certificate] = []
        for key in descriptor.elements("KeyDescriptor", in: SAMLName.metadataNamespace) where key["use"] != "encryption" {
            for info in key.elements("KeyInfo", in: SAMLName.signatureNamespace) {
                for data in info.elements("X509Data", in: SAMLName.signatureNamespace) {
                    for element in data.elements("X509Certificate", in: SAMLName.signatureNamespace) {
                        guard let text = element.text, let der = try? Base64.decode(text.withoutWhitespace) else {
                            throw Failure(description: "a certificate in it is not base64")
                        }
                        do throws(KeyError) { certificates.append(try Certificate(der: der)) } catch {
                            throw Failure(description: "a certificate in it cannot be used: \(error)")
                        }
                    }
                }
            }
        }
        return certificates
    }
}
