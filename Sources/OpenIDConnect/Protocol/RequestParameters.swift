import Bytes

/// The parameters of an OAuth request, as they came.
public struct RequestParameters: Sendable, Hashable {
    /// In the order of arrival.
    public let pairs: [Pair]

    public struct Pair: Sendable, Hashable {
        @Exact public private(set) var name: String
        @Exact public private(set) var value: String

        init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(_ pairs: [(name: String, value: String)]) {
        self.pairs = pairs.map { Pair(name: $0.name, value: $0.value) }
    }

    /// The first value; a parameter without a value counts as left out (RFC 6749 §3.1).
    public subscript(name: String) -> String? {
        pairs.first { $0.name.hasSameBytes(as: name) && !$0.value.isEmpty }?.value
    }

    /// A parameter must not be there twice (RFC 6749 §3.1); `resource` may (RFC 8707 §2).
    public var repeatedName: String? {
        var seen: Set<ExactText> = []
        return pairs.first { !$0.name.hasSameBytes(as: "resource") && !seen.insert($0.name.exact).inserted }?.name
    }

    /// The space-separated words of a parameter, each once, in order.
    public func words(_ name: String) -> [String] {
        var seen: Set<ExactText> = []
        return (self[name] ?? "").fields(at: " ").map(String.init).filter { seen.insert($0.exact).inserted }
    }
}
