import Bytes

/// An element with everything below it, as a value. Comments and processing instructions are not part of it.
public struct XMLElement: Sendable, Hashable {
    public let name: String
    /// The URI; empty if there is none.
    public let namespace: String
    public let attributes: [Attribute]
    public let content: [Content]

    public struct Attribute: Sendable, Hashable {
        public let name: String
        /// The URI; empty if there is none.
        public let namespace: String
        public let value: String
    }

    public indirect enum Content: Sendable, Hashable {
        case element(XMLElement)
        case text(String)
    }

    /// The value of an attribute without a namespace, as almost all of SAML's are.
    public subscript(attribute: String) -> String? {
        attributes.first { $0.name.hasSameBytes(as: attribute) && $0.namespace.isEmpty }?.value
    }

    public var elements: [XMLElement] {
        content.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    public func elements(_ name: String, in namespace: String) -> [XMLElement] {
        elements.filter { $0.is(name, in: namespace) }
    }

    public func first(_ name: String, in namespace: String) -> XMLElement? {
        elements.first { $0.is(name, in: namespace) }
    }

    /// Whether it has this name, compared byte by byte (Namespaces in XML 1.0 §2.3).
    public func `is`(_ name: String, in namespace: String) -> Bool {
        self.name.hasSameBytes(as: name) && self.namespace.hasSameBytes(as: namespace)
    }

    /// The whole text, on both sides of every comment; nil if there are elements inside.
    public var text: String? {
        var text = ""
        for part in content {
            guard case .text(let more) = part else { return nil }
            text += more
        }
        return text
    }
}
