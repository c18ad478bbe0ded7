import Bytes

/// Why a token is not believed.
struct TokenRefusal: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// It proves nothing; the reason is for the client.
        case invalid
        /// As before, and finding it out again would cost a signature check or a question: it may be remembered.
        case invalidForNow
        /// It cannot be known now; the reason is for operators.
        case unavailable
    }

    let kind: Kind
    let reason: String

    static func == (left: TokenRefusal, right: TokenRefusal) -> Bool {
        left.kind == right.kind && left.reason.hasSameBytes(as: right.reason)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(reason.exact)
    }

    static func invalid(_ reason: String) -> Self { Self(kind: .invalid, reason: reason) }
    static func invalidForNow(_ reason: String) -> Self { Self(kind: .invalidForNow, reason: reason) }
    static func unavailable(_ reason: String) -> Self { Self(kind: .unavailable, reason: reason) }

    static let expired = invalid("the token has expired")
    static let wrongAudience = invalid("the token is for another audience")
    static let revoked = invalidForNow("the token has been revoked")
    static let overloaded = unavailable("more new tokens at once than are verified at once")
}
