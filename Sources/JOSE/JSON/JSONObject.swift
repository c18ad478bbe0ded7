import Bytes

/// A JSON object: members with distinct names, in the order in which they are written.
///
/// Names are compared byte by byte: Swift's `==` on strings would take U+212A (Kelvin) for `K`.
/// Two objects are equal if they have the same members in any order (RFC 8259 §1).
public struct JSONObject: Sendable {
    private var names: [String]
    private var values: [JSON]

    public init() {
        names = []
        values = []
    }

    /// A name given twice keeps its first place and its last value.
    public init(_ members: some Sequence<(name: String, value: JSON)>) {
        self.init()
        for (name, value) in members { self[name] = value }
    }

    public var count: Int { names.count }
    public var isEmpty: Bool { names.isEmpty }

    public var members: [(name: String, value: JSON)] {
        zip(names, values).map { (name: $0, value: $1) }
    }

    /// The member's value. A new name goes to the end; `nil` removes the member.
    public subscript(name: String) -> JSON? {
        get {
            index(of: name).map { values[$0] }
        }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?):
                values[index] = value
            case (let index?, nil):
                names.remove(at: index)
                values.remove(at: index)
            case (nil, let value?):
                append(name, value)
            case (nil, nil):
                break
            }
        }
    }

    /// Makes room at once for as many members as tokens mostly have.
    init(capacity: Int) {
        self.init()
        names.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
    }

    /// For the parser, which has made sure that the name is new.
    mutating func append(_ name: String, _ value: JSON) {
        names.append(name)
        values.append(value)
    }

    func forEachMember(_ body: (String, JSON) -> Void) {
        for index in names.indices { body(names[index], values[index]) }
    }

    private func index(of name: String) -> Int? {
        // Lengths first, which strings know.
        let length = name.utf8.count
        return names.firstIndex { $0.utf8.count == length && $0.hasSameBytes(as: name) }
    }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.names.indices {
            let name = left.names[index]
            // Mostly both are in the same order; only then is the search avoided.
            let value =
                right.names[index].hasSameBytes(as: name) ? right.values[index] : right[name]
            guard value == left.values[index] else { return false }
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        // A sum does not depend on the order, as equality does not.
        var sum = 0
        for index in names.indices {
            var member = Hasher()
            member.combine(names[index].exact)
            member.combine(values[index])
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}
