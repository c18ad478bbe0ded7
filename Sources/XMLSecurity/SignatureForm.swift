import Bytes
import CXMLSec

/// What a signature must look like before anything is computed (saml-core §5.4): one reference, to the element that it stands
/// in, through transforms that leave nothing out but the signature itself.
struct SignatureForm {
    let algorithms: SignatureAlgorithms

    /// - Throws: ``XMLSecurityError/unacceptableSignature(_:)``.
    func check(_ signature: xmlNodePtr, of id: String?, isRoot: Bool) throws(XMLSecurityError) {
        try onlyElementsAndText(signature)
        let parts = XMLDocument.elements(of: signature)
        // `Object` could hold anything, another signed document among it.
        guard (2...3).contains(parts.count), isElement(parts[0], "SignedInfo"), isElement(parts[1], "SignatureValue"),
            parts.count == 2 || isElement(parts[2], "KeyInfo")
        else { throw .unacceptableSignature("it does not consist of SignedInfo, SignatureValue and perhaps KeyInfo") }
        let signedInfo = XMLDocument.elements(of: parts[0])
        guard signedInfo.count == 3, isElement(signedInfo[0], "CanonicalizationMethod"),
            isElement(signedInfo[1], "SignatureMethod"),
            isElement(signedInfo[2], "Reference")
        else { throw .unacceptableSignature("there is not exactly one reference") }
        try algorithm(of: signedInfo[0], among: algorithms.canonicalizations)
        try algorithm(of: signedInfo[1], among: algorithms.signatures)
        guard XMLDocument.elements(of: signedInfo[1]).isEmpty else {
            throw .unacceptableSignature("its method has parameters")
        }
        try checkReference(signedInfo[2], id: id, isRoot: isRoot)
    }

    private func checkReference(_ reference: xmlNodePtr, id: String?, isRoot: Bool) throws(XMLSecurityError) {
        let uri = attribute("URI", of: reference)
        let isToElement = uri.map { uri in id.map { uri.hasSameBytes(as: "#" + $0) } ?? false || uri.isEmpty && isRoot } ?? false
        guard isToElement else { throw .unacceptableSignature("it is not of the element that it stands in") }
        let parts = XMLDocument.elements(of: reference)
        guard parts.count == 3, isElement(parts[0], "Transforms"), isElement(parts[1], "DigestMethod"),
            isElement(parts[2], "DigestValue")
        else {
            throw .unacceptableSignature("its reference does not consist of Transforms, DigestMethod and DigestValue")
        }
        try algorithm(of: parts[1], among: algorithms.digests)
        let transforms = XMLDocument.elements(of: parts[0])
        guard (1...2).contains(transforms.count) else { throw .unacceptableSignature("it has more than two transforms") }
        var names: [String] = []
        for transform in transforms {
            guard isElement(transform, "Transform") else { throw .unacceptableSignature("it has an unknown transform") }
            names.append(try algorithm(of: transform, among: algorithms.transforms))
        }
        // Without the second transform xmlsec canonicalizes inclusively, which is what the standard says.
        let enveloped = names.map { $0.hasSameBytes(as: SignatureAlgorithms.enveloped) }
        guard enveloped == [true] || enveloped == [true, false] else {
            throw .unacceptableSignature("its transforms are not enveloped-signature and then exclusive canonicalization")
        }
    }

    @discardableResult
    private func algorithm(of node: xmlNodePtr, among allowed: Set<ExactText>) throws(XMLSecurityError) -> String {
        guard let name = attribute("Algorithm", of: node), allowed.contains(name.exact) else {
            let isSHA1 = attribute("Algorithm", of: node)?.endsWithBytes(of: "sha1") == true
            throw .unacceptableSignature(isSHA1 ? "it uses SHA-1" : "\(XMLDocument.name(of: node)) is not one of those accepted")
        }
        return name
    }

    private func isElement(_ node: xmlNodePtr, _ name: String) -> Bool {
        XMLDocument.is(node, name, in: Namespace.signature)
    }

    private func attribute(_ name: String, of node: xmlNodePtr) -> String? {
        XMLDocument.attributes(of: node).first { $0.value.name.hasSameBytes(as: name) && $0.value.namespace.isEmpty }?.value.value
    }

    /// A comment in a digest or in base64 could be read differently by different readers.
    private func onlyElementsAndText(_ node: xmlNodePtr) throws(XMLSecurityError) {
        for child in XMLDocument.children(of: node) {
            switch child.pointee.type {
            case XML_ELEMENT_NODE: try onlyElementsAndText(child)
            case XML_TEXT_NODE: break
            default: throw .unacceptableSignature("it has comments or the like inside")
            }
        }
    }
}
