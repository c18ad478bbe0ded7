import Bytes

/// Who a token is about, as Istio's `requestPrincipals` name them: `issuer/subject`, with a star at one end.
///
/// Issuers have slashes, so that the text is taken apart at its last one: a subject with a slash never fits exactly.
public struct RequestPrincipal: Sendable, Hashable {
    private let text: String
    private let issuer: TextPattern
    private let subject: TextPattern

    public init(_ text: String) {
        self.text = text
        let parts = text.cutLast(at: "/")
        if text == "*" {
            (issuer, subject) = (.present, .present)
        } else if let rest = text.afterBytes(of: "*") {
            if let parts {
                issuer = parts.before == "*" ? .present : .suffix(String(parts.before.afterBytes(of: "*") ?? parts.before))
                subject = .exact(String(parts.after))
            } else {
                (issuer, subject) = (.present, .suffix(String(rest)))
            }
        } else if let rest = text.beforeBytes(of: "*") {
            if let parts {
                issuer = .exact(String(parts.before))
                subject = parts.after == "*" ? .present : .prefix(String(parts.after.beforeBytes(of: "*") ?? parts.after))
            } else {
                (issuer, subject) = (.prefix(String(rest)), .present)
            }
        } else {
            (issuer, subject) = (.exact(parts.map { String($0.before) } ?? text), .exact(parts.map { String($0.after) } ?? ""))
        }
    }

    public func matches(_ identity: EdgeIdentity) -> Bool {
        issuer.matches(identity.issuer) && subject.matches(identity.subject)
    }
}

extension RequestPrincipal: CustomStringConvertible {
    public var description: String { text }
}
