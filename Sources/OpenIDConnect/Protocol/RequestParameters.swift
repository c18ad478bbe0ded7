/// The parameters of an OAuth request, as they came.
public struct RequestParameters: Sendable, Hashable {
    /// In the order of arrival.
    public let pairs: [Pair]

    public struct Pair: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    public init(_ pairs: [(name: String, value: String)]) {
        self.pairs = pairs.map { Pair(name: $0.name, value: $0.value) }
    }

    /// The first value; a parameter without a value counts as left out (RFC 6749 §3.1).
    public subscript(name: String) -> String? {
        pairs.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// A parameter must not be there twice (RFC 6749 §3.1); `resource` may (RFC 8707 §2).
    public var repeatedName: String? {
        var seen: Set<String> = []
        return pairs.first { $0.name != "resource" && !seen.insert($0.name).inserted }?.name
    }

    /// The space-separated words of a parameter, each once, in order.
    public func words(_ name: String) -> [String] {
        var seen: Set<String> = []
        return (self[name] ?? "").split(separator: " ").map(String.init).filter { seen.insert($0).inserted }
    }
}
