import Bytes
import CXMLSec

/// Decrypts elements (XML Encryption, as saml-core §6 uses it): RSA-OAEP for the key, AES for the content. The PKCS#1 v1.5
/// padding for keys and Triple DES are not accepted.
public struct Decryption: Sendable {
    private static let keyMethods: Set<ExactText> = [
        (Namespace.encryption + "rsa-oaep-mgf1p").exact
    ]
    private static let contentMethods: [ExactText: Int] = [
        "http://www.w3.org/2009/xmlenc11#aes128-gcm": 16, "http://www.w3.org/2009/xmlenc11#aes192-gcm": 24,
        "http://www.w3.org/2009/xmlenc11#aes256-gcm": 32, (Namespace.encryption + "aes128-cbc").exact: 16,
        (Namespace.encryption + "aes192-cbc").exact: 24, (Namespace.encryption + "aes256-cbc").exact: 32,
    ]

    private let keys: [String]

    /// - Parameter keys: RSA private keys in PEM, not encrypted; each is tried.
    public init(keys: [String]) {
        self.keys = keys
    }

    /// The document inside of the only element of that name directly below the root, or below the only elements that lead
    /// there.
    /// - Parameter path: names of elements on the way, the root's not among them.
    /// - Returns: nil if there is no such element.
    public func decryptedChild(
        _ name: String, below path: [String] = [], in namespace: String, of document: XMLDocument
    ) throws(XMLSecurityError) -> XMLDocument? {
        try Library.enter()
        var node = document.rootNode
        for step in path {
            guard let next = try onlyChild(step, in: namespace, of: node) else { return nil }
            node = next
        }
        guard let only = try onlyChild(name, in: namespace, of: node) else { return nil }
        let data = XMLDocument.elements(of: only).filter { XMLDocument.is($0, "EncryptedData", in: Namespace.encryption) }
        guard data.count == 1 else { throw .undecryptable("there is not exactly one EncryptedData") }
        guard let method = method(of: data[0]), let size = Self.contentMethods[method.exact] else {
            throw .undecryptable("its content is not encrypted by AES-GCM or AES-CBC")
        }
        let keyNodes = encryptedKeys(in: only, data[0])
        guard !keyNodes.isEmpty else { throw .undecryptable("there is no EncryptedKey") }
        for node in keyNodes.prefix(4) {
            guard let method = self.method(of: node), Self.keyMethods.contains(method.exact) else { continue }
            for pem in keys {
                guard let secret = decrypt(node, key: try Key.read(pem: pem), isKey: true), secret.count == size,
                    let key = xmlSecKeyReadMemory(xmlSecOpenSSLKeyDataAesGetKlass(), secret, UInt32(secret.count)),
                    let content = decrypt(data[0], key: key, isKey: false)
                else { continue }
                return try self.document(content, inScopeOf: only, document)
            }
        }
        throw .undecryptable("its key is not encrypted by RSA-OAEP for one of the configured keys")
    }

    private func onlyChild(
        _ name: String, in namespace: String, of node: xmlNodePtr
    ) throws(XMLSecurityError) -> xmlNodePtr? {
        let found = XMLDocument.elements(of: node).filter { XMLDocument.is($0, name, in: namespace) }
        guard found.count <= 1 else { throw .malformed("there are \(found.count) \(name) elements instead of one") }
        return found.first
    }

    /// Encrypted elements may use prefixes that are declared around them.
    private func document(
        _ content: [UInt8], inScopeOf node: xmlNodePtr, _ document: XMLDocument
    ) throws(XMLSecurityError) -> XMLDocument {
        do throws(XMLSecurityError) { return try XMLDocument(content) } catch {
            guard content.first == UInt8(ascii: "<"), let list = xmlGetNsList(document.pointer, node) else { throw error }
            defer { dextra_xml_free(list) }
            var declarations = ""
            var index = 0
            while let namespace = list[index] {
                let prefix = namespace.pointee.prefix.map { ":" + XMLDocument.text($0) } ?? ""
                declarations += " xmlns\(prefix)=\"\(XMLEscaping.escape(XMLDocument.text(namespace.pointee.href)))\""
                index += 1
            }
            let wrapped = try XMLDocument(Array("<in-scope\(declarations)>".utf8) + content + Array("</in-scope>".utf8))
            let elements = XMLDocument.elements(of: wrapped.rootNode)
            guard elements.count == 1, let copy = xmlNewDoc("1.0"), let element = xmlDocCopyNode(elements[0], copy, 1) else {
                throw error
            }
            defer { xmlFreeDoc(copy) }
            xmlDocSetRootElement(copy, element)
            guard let buffer = xmlBufferCreate() else { throw .failed("no memory for a document") }
            defer { xmlBufferFree(buffer) }
            let count = xmlNodeDump(buffer, copy, element, 0, 0)
            guard count > 0, let start = xmlBufferContent(buffer) else { throw error }
            return try XMLDocument(Array(UnsafeBufferPointer(start: start, count: Int(count))))
        }
    }

    /// Inside of the data's `KeyInfo`, or beside the data (saml-core §2.2.4).
    private func encryptedKeys(in element: xmlNodePtr, _ data: xmlNodePtr) -> [xmlNodePtr] {
        let infos = XMLDocument.elements(of: data).filter { XMLDocument.is($0, "KeyInfo", in: Namespace.signature) }
        return (infos + [element]).flatMap(XMLDocument.elements).filter {
            XMLDocument.is($0, "EncryptedKey", in: Namespace.encryption)
        }
    }

    private func method(of node: xmlNodePtr) -> String? {
        XMLDocument.elements(of: node).first { XMLDocument.is($0, "EncryptionMethod", in: Namespace.encryption) }
            .flatMap { XMLDocument.value($0)["Algorithm"] }
    }

    /// - Parameter key: freed here.
    private func decrypt(_ node: xmlNodePtr, key: xmlSecKeyPtr, isKey: Bool) -> [UInt8]? {
        guard let context = xmlSecEncCtxCreate(nil) else {
            xmlSecKeyDestroy(key)
            return nil
        }
        defer { xmlSecEncCtxDestroy(context) }
        context.pointee.encKey = key
        context.pointee.mode = isKey ? xmlEncCtxModeEncryptedKey : xmlEncCtxModeEncryptedData
        // Ciphertext stands in the document; a reference to somewhere else is not followed.
        context.pointee.transformCtx.enabledUris = xmlSecTransformUriType(xmlSecTransformUriTypeNone)
        guard let buffer = xmlSecEncCtxDecryptToBuffer(context, node), let start = xmlSecBufferGetData(buffer) else { return nil }
        return Array(UnsafeBufferPointer(start: start, count: Int(xmlSecBufferGetSize(buffer))))
    }
}
