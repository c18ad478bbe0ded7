import Bytes
import CXMLSec

/// An element that somebody whose key we know has signed. It was read from the very bytes that were signed, and from nothing
/// else: what stands around it in the document that was sent cannot change it.
public struct VerifiedElement: Sendable {
    public let element: XMLElement
    /// The canonical bytes that the signature is of.
    public let bytes: [UInt8]
}

/// Verifies XML signatures (XML Signature, as saml-core §5.4 restricts it) with given keys only. `KeyInfo` is not looked at.
public struct SignatureVerifier: Sendable {
    private let keys: [String]
    private let allowsSHA1: Bool

    /// - Parameters:
    ///   - keys: public keys, SubjectPublicKeyInfo in PEM.
    ///   - allowsSHA1: broken since 2017; for identity providers that cannot do better.
    public init(keys: [String], allowsSHA1: Bool = false) {
        self.keys = keys
        self.allowsSHA1 = allowsSHA1
    }

    /// The root element of the document.
    /// - Returns: nil if it has no signature of its own.
    public func verifiedRoot(of document: XMLDocument) throws(XMLSecurityError) -> VerifiedElement? {
        try verify(document.rootNode, in: document)
    }

    /// The only element of that name directly below the root.
    /// - Returns: nil if there is none or it has no signature of its own.
    public func verifiedChild(
        _ name: String, in namespace: String, of document: XMLDocument
    ) throws(XMLSecurityError) -> VerifiedElement? {
        let found = XMLDocument.elements(of: document.rootNode).filter { XMLDocument.is($0, name, in: namespace) }
        guard let only = found.first else { return nil }
        guard found.count == 1 else { throw .malformed("there are \(found.count) \(name) elements instead of one") }
        return try verify(only, in: document)
    }

    private func verify(_ node: xmlNodePtr, in document: XMLDocument) throws(XMLSecurityError) -> VerifiedElement? {
        try Library.enter()
        let signatures = XMLDocument.elements(of: node).filter { XMLDocument.is($0, "Signature", in: Namespace.signature) }
        guard let signature = signatures.first else { return nil }
        guard signatures.count == 1 else { throw .unacceptableSignature("there are several") }
        let id = XMLDocument.attributes(of: node).first { $0.value.name == "ID" && $0.value.namespace.isEmpty }
        if let id {
            guard Self.isName(id.value.value) else { throw .unacceptableSignature("the ID of the element is not a name") }
            // The one ID that a reference can find.
            if xmlGetID(document.pointer, id.value.value) == nil { xmlAddID(nil, document.pointer, id.value.value, id.pointer) }
            guard xmlGetID(document.pointer, id.value.value) == id.pointer else { throw .duplicateID }
        }
        let algorithms = SignatureAlgorithms(allowsSHA1: allowsSHA1)
        try SignatureForm(algorithms: algorithms).check(
            signature, of: id?.value.value, isRoot: node == document.rootNode)
        for key in keys {
            guard let bytes = try verify(signature, key: key, algorithms) else { continue }
            let signed = try XMLDocument(bytes)
            // A reference that led elsewhere would show here.
            guard XMLDocument.is(signed.rootNode, XMLDocument.name(of: node), in: XMLDocument.namespace(of: node)),
                signed.unverifiedRoot["ID"]?.exact == id?.value.value.exact
            else { throw .unacceptableSignature("it is not of the element that it stands in") }
            return VerifiedElement(element: signed.unverifiedRoot, bytes: bytes)
        }
        throw .wrongSignature
    }

    /// - Returns: what was signed, canonical and without the signature; nil if the signature is not by this key.
    private func verify(
        _ signature: xmlNodePtr, key: String, _ algorithms: SignatureAlgorithms
    ) throws(XMLSecurityError) -> [UInt8]? {
        guard let context = xmlSecDSigCtxCreate(nil) else { throw .failed("no memory for a signature") }
        defer { xmlSecDSigCtxDestroy(context) }
        context.pointee.signKey = try Key.read(pem: key)
        context.pointee.flags = UInt32(XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES)
        context.pointee.enabledReferenceUris = xmlSecTransformUriType(
            xmlSecTransformUriTypeEmpty | xmlSecTransformUriTypeSameDocument)
        for algorithm in algorithms.classes {
            guard xmlSecDSigCtxEnableReferenceTransform(context, algorithm) >= 0,
                xmlSecDSigCtxEnableSignatureTransform(context, algorithm) >= 0
            else { throw .failed("xmlsec1 lacks an algorithm") }
        }
        guard xmlSecDSigCtxVerify(context, signature) >= 0, context.pointee.status == xmlSecDSigStatusSucceeded else {
            return nil
        }
        let references = xmlSecPtrListGetSize(&context.pointee.signedInfoReferences)
        guard references == 1, let reference = xmlSecPtrListGetItem(&context.pointee.signedInfoReferences, 0),
            let buffer = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference.assumingMemoryBound(to: xmlSecDSigReferenceCtx.self)),
            let start = xmlSecBufferGetData(buffer)
        else { throw .failed("xmlsec1 did not keep what was signed") }
        return Array(UnsafeBufferPointer(start: start, count: Int(xmlSecBufferGetSize(buffer))))
    }

    /// What can stand behind `#` without a meaning of its own.
    private static func isName(_ id: String) -> Bool {
        guard let first = id.utf8.first, id.utf8.count <= 256 else { return false }
        let isLetter: (UInt8) -> Bool = { (65...90).contains($0 & 0xDF) || $0 == UInt8(ascii: "_") }
        return isLetter(first)
            && id.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}
