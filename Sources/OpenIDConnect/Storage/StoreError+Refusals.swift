/// The one place where a failing store becomes a refusal. Whoever refuses has to name who is told the reason: a caller sees that
/// something failed, and only the log says what.
extension OAuthError {
    /// - Parameters:
    ///   - doing: what could not be done, for the operator: "find a client".
    ///   - events: is told the failure, once.
    init(_ error: StoreError, doing: String, toldTo events: any EventLog) {
        events.record(.storeFailed(error, doing: doing))
        self =
            error.isPassing
            ? OAuthError(.temporarilyUnavailable, "The server is busy, try again.")
            : OAuthError(.serverError, "The server could not complete the request.")
    }
}

extension PageError {
    /// The parameters are those of the error for clients.
    init(_ error: StoreError, doing: String, toldTo events: any EventLog) {
        events.record(.storeFailed(error, doing: doing))
        self =
            error.isPassing
            ? PageError(.unavailable, "The server is busy. Try again in a moment.")
            : PageError(.failed, "The server could not complete the request.")
    }
}

extension BearerError {
    /// The parameters are those of the error for clients.
    init(_ error: StoreError, doing: String, toldTo events: any EventLog) {
        events.record(.storeFailed(error, doing: doing))
        self = .unavailable
    }
}

extension StoreError {
    /// Whether the same request may succeed in a moment.
    fileprivate var isPassing: Bool {
        switch self {
        case .overloaded, .busy: true
        default: false
        }
    }
}
