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
        } else if text.utf8.first == UInt8(ascii: "*") {
            self = .suffix(String(text.dropFirst()))
        } else if text.utf8.last == UInt8(ascii: "*") {
            self = .prefix(String(text.dropLast()))
        } else {
            self = .exact(text)
        }
    }

    public func matches(_ text: some StringProtocol) -> Bool {
        switch self {
        case .exact(let wanted): text.utf8.elementsEqual(wanted.utf8)
        case .prefix(let start): text.utf8.starts(with: start.utf8)
        case .suffix(let end): text.utf8.reversed().starts(with: end.utf8.reversed())
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
    func matches(_ text: some StringProtocol) -> Bool { contains { $0.matches(text) } }
}
