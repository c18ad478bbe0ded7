import Bytes
import CXMLSec

/// A parsed document. It stays on the thread that made it.
///
/// What is refused at once: a document type (and with it every entity), another encoding than UTF-8, more than ``maximumSize``
/// bytes, nesting and namespaces beyond reason, two equal IDs. Nothing is ever fetched.
public final class XMLDocument {
    public static let maximumSize = 1 << 20
    private static let maximumDepth = XMLBounds.maximumDepth
    /// In scope at one place. Canonicalization takes time with their number squared.
    private static let maximumNamespaces = 64
    private static let maximumAttributes = 64

    let pointer: xmlDocPtr
    let rootNode: xmlNodePtr

    public init(_ bytes: [UInt8]) throws(XMLSecurityError) {
        try Library.enter()
        guard bytes.count <= Self.maximumSize else { throw .malformed("the document is longer than \(Self.maximumSize) bytes") }
        try XMLBounds.check(bytes)
        guard let context = xmlNewParserCtxt() else { throw .failed("no memory for a parser") }
        defer { xmlFreeParserCtxt(context) }
        // Before anything that is declared there is looked at.
        context.pointee.sax.pointee.internalSubset = { context, _, _, _ in
            xmlStopParser(context?.assumingMemoryBound(to: xmlParserCtxt.self))
        }
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
        let document = bytes.withUnsafeBytes { buffer in
            xmlCtxtReadMemory(
                context, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), nil, "UTF-8",
                Int32(options))
        }
        guard let document else {
            throw Self.isStopped(context) ? .malformed(Self.documentType) : XMLBounds.notWellFormed
        }
        let problem: XMLSecurityError?
        if Self.isStopped(context) || document.pointee.intSubset != nil || document.pointee.extSubset != nil {
            problem = .malformed(Self.documentType)
        } else if context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1, context.pointee.errNo == 0 {
            problem = nil
        } else {
            problem = XMLBounds.notWellFormed
        }
        guard problem == nil, let root = xmlDocGetRootElement(document) else {
            xmlFreeDoc(document)
            throw problem ?? .malformed("the document has no element")
        }
        pointer = document
        rootNode = root
        var ids: Set<ExactText> = []
        try Self.check(root, depth: 1, namespaces: 0, &ids)
    }

    deinit {
        xmlFreeDoc(pointer)
    }

    private static let documentType = "the document has a document type (DOCTYPE), which is never accepted"

    private static func isStopped(_ context: xmlParserCtxtPtr) -> Bool {
        context.pointee.errNo == Int32(XML_ERR_USER_STOP.rawValue)
    }

    private static func check(
        _ node: xmlNodePtr, depth: Int, namespaces: Int, _ ids: inout Set<ExactText>
    ) throws(XMLSecurityError) {
        guard depth <= maximumDepth else { throw .malformed("the document is nested more than \(maximumDepth) deep") }
        var namespaces = namespaces
        var declaration = node.pointee.nsDef
        while let current = declaration {
            namespaces += 1
            declaration = current.pointee.next
        }
        let attributes = Self.attributes(of: node)
        guard namespaces <= maximumNamespaces, attributes.count <= maximumAttributes else {
            throw .malformed("the document has too many namespaces or attributes in one place")
        }
        for attribute in attributes where attribute.isID {
            guard ids.insert(attribute.value.value.exact).inserted else { throw .duplicateID }
        }
        for child in Self.children(of: node) {
            switch child.pointee.type {
            case XML_ELEMENT_NODE: try check(child, depth: depth + 1, namespaces: namespaces, &ids)
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE, XML_COMMENT_NODE, XML_PI_NODE: break
            default: throw .malformed("the document has entities")
            }
        }
    }

    // MARK: Reading

    /// Everything, believed or not.
    public var unverifiedRoot: XMLElement { Self.value(rootNode) }

    /// The nodes of the tree are only valid as long as the document.
    static func children(of node: xmlNodePtr) -> [xmlNodePtr] {
        var children: [xmlNodePtr] = []
        var next = node.pointee.children
        while let child = next {
            children.append(child)
            next = child.pointee.next
        }
        return children
    }

    static func elements(of node: xmlNodePtr) -> [xmlNodePtr] {
        children(of: node).filter { $0.pointee.type == XML_ELEMENT_NODE }
    }

    static func name(of node: xmlNodePtr) -> String {
        text(node.pointee.name)
    }

    static func namespace(of node: xmlNodePtr) -> String {
        node.pointee.ns.map { text($0.pointee.href) } ?? ""
    }

    static func `is`(_ node: xmlNodePtr, _ name: String, in namespace: String) -> Bool {
        Self.name(of: node).hasSameBytes(as: name) && Self.namespace(of: node).hasSameBytes(as: namespace)
    }

    struct AttributeNode {
        let pointer: xmlAttrPtr
        let value: XMLElement.Attribute

        /// Whatever anybody could take for an identifier (saml-core §1.3.4, XML Signature, xml:id).
        var isID: Bool {
            value.namespace.isEmpty
                ? value.name == "ID" || value.name == "Id" || value.name == "id"
                : value.namespace.hasSameBytes(as: Namespace.xml) && value.name == "id"
        }
    }

    static func attributes(of node: xmlNodePtr) -> [AttributeNode] {
        var attributes: [AttributeNode] = []
        var next = node.pointee.properties
        while let attribute = next {
            var value = ""
            var part = attribute.pointee.children
            while let current = part {
                value += text(current.pointee.content)
                part = current.pointee.next
            }
            attributes.append(
                AttributeNode(
                    pointer: attribute,
                    value: XMLElement.Attribute(
                        name: text(attribute.pointee.name), namespace: attribute.pointee.ns.map { text($0.pointee.href) } ?? "",
                        value: value)))
            next = attribute.pointee.next
        }
        return attributes
    }

    static func value(_ node: xmlNodePtr) -> XMLElement {
        XMLElement(
            name: name(of: node), namespace: namespace(of: node), attributes: attributes(of: node).map(\.value),
            content: children(of: node).compactMap { child in
                switch child.pointee.type {
                case XML_ELEMENT_NODE: .element(value(child))
                case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: .text(text(child.pointee.content))
                default: nil
                }
            })
    }

    static func text(_ pointer: UnsafePointer<xmlChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    static func text(_ pointer: UnsafeMutablePointer<xmlChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    /// The document as bytes.
    func serialized() throws(XMLSecurityError) -> [UInt8] {
        var start: UnsafeMutablePointer<xmlChar>?
        var count: Int32 = 0
        guard let buffer = xmlBufferCreate() else { throw .failed("no memory for a document") }
        defer { xmlBufferFree(buffer) }
        count = xmlNodeDump(buffer, pointer, rootNode, 0, 0)
        start = xmlBufferContent(buffer).map { UnsafeMutablePointer(mutating: $0) }
        guard count >= 0, let start else { throw .failed("the document cannot be written") }
        return Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }
}
