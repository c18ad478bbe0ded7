import Bytes
import JOSE

/// What a claim must be.
public struct ClaimCondition: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case text(TextPattern)
        case integer(Int64)
        case bool(Bool)
    }

    /// The way to the claim from the token's top: one name, or more for a claim within a claim.
    public var path: [String]
    /// One of these. A claim that is a list must hold one of these.
    public var values: [Value]

    public init(_ path: [String], _ values: [Value]) {
        self.path = path
        self.values = values
    }

    /// - Parameter spaceDelimited: claims whose text is a list separated by spaces.
    func holds(in claims: JSONObject, spaceDelimited: Set<ExactText>) -> Bool {
        guard let first = path.first, var claim = claims[first] else { return false }
        for name in path.dropFirst() {
            guard let inner = claim.object?[name] else { return false }
            claim = inner
        }
        if path.count == 1, let text = claim.string, spaceDelimited.contains(first.exact) {
            return text.fields(at: " ").contains { word in values.contains { $0.isText(word) } }
        }
        if let list = claim.array { return list.contains { element in values.contains { $0.matches(element) } } }
        return values.contains { $0.matches(claim) }
    }
}

extension ClaimCondition.Value {
    fileprivate func isText(_ text: Substring) -> Bool {
        if case .text(let pattern) = self { pattern.matches(text) } else { false }
    }

    fileprivate func matches(_ claim: JSON) -> Bool {
        switch self {
        case .text(let pattern): claim.string.map { pattern.matches($0) } ?? false
        case .integer(let number): claim.integer == number
        case .bool(let value): claim.bool == value
        }
    }
}

extension ClaimCondition: CustomStringConvertible {
    public var description: String {
        let shown = values.map { value in
            switch value {
            case .text(let pattern): pattern.description
            case .integer(let number): String(number)
            case .bool(let value): String(value)
            }
        }
        return "\(path.joined(separator: ".")): \(shown.joined(separator: ", "))"
    }
}
