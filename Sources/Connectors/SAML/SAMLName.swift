import Bytes
import XMLSecurity

/// Names of SAML 2.0, and of all in its messages: compared byte by byte (saml-core §1.3.1, §1.3.2).
enum SAMLName {
    static let protocolNamespace = "urn:oasis:names:tc:SAML:2.0:protocol"
    static let assertionNamespace = "urn:oasis:names:tc:SAML:2.0:assertion"
    static let metadataNamespace = "urn:oasis:names:tc:SAML:2.0:metadata"
    static let signatureNamespace = "http://www.w3.org/2000/09/xmldsig#"

    static let post = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    static let redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    static let bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    static let success = "urn:oasis:names:tc:SAML:2.0:status:Success"
    static let statusPrefix = "urn:oasis:names:tc:SAML:2.0:status:"
}

extension XMLElement {
    func isNamed(_ name: String, in namespace: String) -> Bool {
        self.name.hasSameBytes(as: name) && self.namespace.hasSameBytes(as: namespace)
    }
}

extension String? {
    /// Whether it is there, and is this text.
    func isExactly(_ text: String) -> Bool { self?.hasSameBytes(as: text) ?? false }
}
