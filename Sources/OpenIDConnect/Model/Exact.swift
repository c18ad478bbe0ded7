public import Bytes

/// A property that is the same as another if its bytes are: for identities in types whose equality is synthesized.
///
/// `String` compares by Unicode's canonical equivalence, the protocols compare bytes (RFC 3986 §6.2.1, RFC 6749 §3.3).
@propertyWrapper
public struct Exact<Value: ExactlyComparable>: Sendable {
    public var wrappedValue: Value

    @inlinable
    public init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }
}

extension Exact: Hashable {
    @inlinable
    public static func == (left: Exact, right: Exact) -> Bool { left.wrappedValue.isExactly(right.wrappedValue) }

    @inlinable
    public func hash(into hasher: inout Hasher) { wrappedValue.hashExactly(into: &hasher) }
}

/// Text, one or several or none, as ``Exact`` compares it.
public protocol ExactlyComparable: Sendable {
    func isExactly(_ other: Self) -> Bool
    func hashExactly(into hasher: inout Hasher)
}

extension String: ExactlyComparable {
    @inlinable
    public func isExactly(_ other: String) -> Bool { hasSameBytes(as: other) }

    @inlinable
    public func hashExactly(into hasher: inout Hasher) { hasher.combine(exact) }
}

extension Optional: ExactlyComparable where Wrapped: ExactlyComparable {
    @inlinable
    public func isExactly(_ other: Wrapped?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let own?, let other?): own.isExactly(other)
        default: false
        }
    }

    @inlinable
    public func hashExactly(into hasher: inout Hasher) {
        hasher.combine(self != nil)
        self?.hashExactly(into: &hasher)
    }
}

extension Array: ExactlyComparable where Element: ExactlyComparable {
    @inlinable
    public func isExactly(_ other: [Element]) -> Bool {
        elementsEqual(other) { $0.isExactly($1) }
    }

    @inlinable
    public func hashExactly(into hasher: inout Hasher) {
        hasher.combine(count)
        for element in self { element.hashExactly(into: &hasher) }
    }
}
