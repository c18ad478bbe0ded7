import Bytes

/// A text as rules name it: itself, or with a star at one end. As in Istio's AuthorizationPolicy.
public enum TextPattern: Sendable, Hashable {
    case exact(String)
    /// `x*`
    case prefix(String)
    /// `*x`
    case suffix(String)
    /// `*`: any text but the empty one.
    case present

    /// A star is special at the beginning or at the end only, and at the end only without one at the beginning.
    public init(_ text: String) {
        if text == "*" {
            self = .present
        } else if let end = text.afterBytes(of: "*") {
            self = .suffix(String(end))
        } else if let start = text.beforeBytes(of: "*") {
            self = .prefix(String(start))
        } else {
            self = .exact(text)
        }
    }

    public func matches<Text: StringProtocol>(_ text: Text) -> Bool where Text.SubSequence == Substring {
        switch self {
        case .exact(let wanted): text.hasSameBytes(as: wanted)
        case .prefix(let start): text.startsWithBytes(of: start)
        case .suffix(let end): text.endsWithBytes(of: end)
        case .present: !text.isEmpty
        }
    }
}

extension TextPattern: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exact(let text): text
        case .prefix(let text): text + "*"
        case .suffix(let text): "*" + text
        case .present: "*"
        }
    }
}

extension [TextPattern] {
    func matches<Text: StringProtocol>(_ text: Text) -> Bool where Text.SubSequence == Substring {
        contains { $0.matches(text) }
    }
}
