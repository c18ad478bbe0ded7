/// The header fields of a request that is judged. Names are in lower case; several fields of one name are kept apart.
public struct EdgeHeaders: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var fields: [Field]

    public init() { fields = [] }

    /// - Parameter fields: in any case; bytes of names outside ASCII are left as they are.
    public init(_ fields: some Sequence<(name: String, value: String)>) {
        self.fields = fields.map { Field(Self.lowercased($0.name), $0.value) }
    }

    /// The value of the only field of that name; nil when there is none or there are several, which nobody can mean well.
    public func only(_ name: String) -> String? {
        var found: String?
        for field in fields where field.name == name {
            guard found == nil else { return nil }
            found = field.value
        }
        return found
    }

    /// The first value of that name.
    public func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// All values of that name, in order.
    public func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// All values of that name joined as RFC 9110 §5.3 says; nil when there is none.
    public func joined(_ name: String) -> String? {
        let values = all(name)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    public func contains(_ name: String) -> Bool { fields.contains { $0.name == name } }

    public mutating func append(_ name: String, _ value: String) { fields.append(Field(Self.lowercased(name), value)) }

    public mutating func replace(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    public mutating func remove(_ name: String) {
        let name = Self.lowercased(name)
        fields.removeAll { $0.name == name }
    }

    private static func lowercased(_ name: String) -> String {
        name.utf8.contains { (0x41...0x5A).contains($0) } ? name.lowercased() : name
    }
}

extension EdgeHeaders: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}
