/// An error that a person sees as a page, because nothing proves that it may be sent anywhere.
public struct PageError: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// The request cannot be understood or has expired: start again at the application.
        case invalid
        /// The sign-in has had its answer: start again at the application.
        case finished
        case forbidden
        /// Too much to do now.
        case unavailable
        case failed
    }

    public let kind: Kind
    /// In English, without secrets; what was wrong and what would be right.
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// An authorization request that goes no further.
enum AuthorizationFailure: Error, Sendable {
    case page(PageError)
    case redirect(AuthorizationResponse)
}
