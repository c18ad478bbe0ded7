import CXMLSec

/// Signs documents of ours: an enveloped signature over the root element.
public struct DocumentSigner: Sendable {
    public enum Algorithm: String, Sendable {
        case rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
        case ecdsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
        case ecdsaSHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
        case ecdsaSHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
    }

    private let key: String
    private let algorithm: Algorithm
    private let certificate: String?

    /// - Parameters:
    ///   - key: the private key in PEM, not encrypted.
    ///   - certificate: base64 of the DER, to be shown in `KeyInfo`.
    public init(key: String, algorithm: Algorithm, certificate: String?) {
        self.key = key
        self.algorithm = algorithm
        self.certificate = certificate
    }

    /// What has to stand in the document where the signature shall be.
    /// - Parameter id: the `ID` of the root element.
    public func template(for id: String) -> String {
        let keyInfo = certificate.map {
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>\($0)</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        }
        return """
            <ds:Signature xmlns:ds="\(Namespace.signature)"><ds:SignedInfo>\
            <ds:CanonicalizationMethod Algorithm="\(SignatureAlgorithms.exclusive)"/>\
            <ds:SignatureMethod Algorithm="\(algorithm.rawValue)"/>\
            <ds:Reference URI="#\(XMLEscaping.escape(id))"><ds:Transforms>\
            <ds:Transform Algorithm="\(SignatureAlgorithms.enveloped)"/>\
            <ds:Transform Algorithm="\(SignatureAlgorithms.exclusive)"/></ds:Transforms>\
            <ds:DigestMethod Algorithm="\(Namespace.encryption)sha256"/><ds:DigestValue></ds:DigestValue></ds:Reference>\
            </ds:SignedInfo><ds:SignatureValue></ds:SignatureValue>\(keyInfo ?? "")</ds:Signature>
            """
    }

    /// Fills in the signature of a document that holds a ``template(for:)`` directly below its root.
    public func sign(_ document: [UInt8]) throws(XMLSecurityError) -> [UInt8] {
        let document = try XMLDocument(document)
        let id = XMLDocument.attributes(of: document.rootNode).first { $0.value.name == "ID" }
        let template = XMLDocument.elements(of: document.rootNode).first {
            XMLDocument.is($0, "Signature", in: Namespace.signature)
        }
        guard let id, let template, xmlAddID(nil, document.pointer, id.value.value, id.pointer) != nil else {
            throw .failed("nothing to be signed")
        }
        guard let context = xmlSecDSigCtxCreate(nil) else { throw .failed("no memory for a signature") }
        defer { xmlSecDSigCtxDestroy(context) }
        context.pointee.signKey = try Key.read(pem: key)
        guard xmlSecDSigCtxSign(context, template) >= 0, context.pointee.status == xmlSecDSigStatusSucceeded else {
            throw .failed("the document cannot be signed with the configured key")
        }
        return try document.serialized()
    }
}
