/// Who a token is about, as Istio's `requestPrincipals` name them: `issuer/subject`, with a star at one end.
///
/// Issuers have slashes, so that the text is taken apart at its last one: a subject with a slash never fits exactly.
public struct RequestPrincipal: Sendable, Hashable {
    private let text: String
    private let issuer: TextPattern
    private let subject: TextPattern

    public init(_ text: String) {
        self.text = text
        let slash = text.utf8.lastIndex(of: UInt8(ascii: "/"))
        let before = slash.map { String(text[..<$0]) }
        let behind = slash.map { String(text[text.utf8.index(after: $0)...]) }
        if text == "*" {
            (issuer, subject) = (.present, .present)
        } else if text.utf8.first == UInt8(ascii: "*") {
            if let before, let behind {
                issuer = before == "*" ? .present : .suffix(String(before.dropFirst()))
                subject = .exact(behind)
            } else {
                (issuer, subject) = (.present, .suffix(String(text.dropFirst())))
            }
        } else if text.utf8.last == UInt8(ascii: "*") {
            if let before, let behind {
                issuer = .exact(before)
                subject = behind == "*" ? .present : .prefix(String(behind.dropLast()))
            } else {
                (issuer, subject) = (.prefix(String(text.dropLast())), .present)
            }
        } else {
            (issuer, subject) = (.exact(before ?? text), .exact(behind ?? ""))
        }
    }

    public func matches(_ identity: EdgeIdentity) -> Bool {
        issuer.matches(identity.issuer) && subject.matches(identity.subject)
    }
}

extension RequestPrincipal: CustomStringConvertible {
    public var description: String { text }
}
