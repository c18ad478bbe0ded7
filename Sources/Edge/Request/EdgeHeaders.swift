import Bytes

/// The header fields of a request that is judged. Names are in lower case, of ASCII's letters; several fields of one name are kept apart.
public struct EdgeHeaders: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String

        /// Lengths first, which strings know.
        func isNamed(_ name: String) -> Bool {
            self.name.utf8.count == name.utf8.count && self.name.hasSameBytes(as: name)
        }

        public static func == (left: Field, right: Field) -> Bool {
            left.name.hasSameBytes(as: right.name) && left.value.hasSameBytes(as: right.value)
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(name.exact)
            hasher.combine(value.exact)
        }

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var fields: [Field]

    public init() { fields = [] }

    /// - Parameter fields: in any case; bytes of names outside ASCII are left as they are.
    public init(_ fields: some Sequence<(name: String, value: String)>) {
        self.fields = fields.map { Field($0.name.asciiLowercased, $0.value) }
    }

    /// The value of the only field of that name; nil when there is none or there are several, which nobody can mean well.
    public func only(_ name: String) -> String? {
        var found: String?
        for field in fields where field.isNamed(name) {
            guard found == nil else { return nil }
            found = field.value
        }
        return found
    }

    /// The first value of that name.
    public func first(_ name: String) -> String? { fields.first { $0.isNamed(name) }?.value }

    /// All values of that name, in order.
    public func all(_ name: String) -> [String] { fields.filter { $0.isNamed(name) }.map(\.value) }

    /// All values of that name joined as RFC 9110 §5.3 says; nil when there is none.
    public func joined(_ name: String) -> String? {
        let values = all(name)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    public func contains(_ name: String) -> Bool { fields.contains { $0.isNamed(name) } }

    public mutating func append(_ name: String, _ value: String) { fields.append(Field(name.asciiLowercased, value)) }

    public mutating func replace(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    public mutating func remove(_ name: String) {
        fields.removeAll { $0.name.hasSameBytesFoldingASCII(as: name) }
    }
}

extension EdgeHeaders: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}
