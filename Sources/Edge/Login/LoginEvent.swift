public import OpenIDConnect

/// What logins and sessions tell the operator: never a token, a cookie or a code.
public enum LoginEvent: Sendable {
    case signedIn(session: String, issuer: String, subject: String)
    case signedOut(session: String, subject: String)
    case refreshed(session: String, subject: String)
    /// The provider cannot say now whether the person may stay; the session goes on.
    case refreshPostponed(session: String, reason: String)
    /// The provider said no: the session has ended.
    case refreshRefused(session: String, subject: String, reason: String)
    case loginRefused(reason: String)
    case loginUnavailable(reason: String)
    case storeFailed(StoreError, doing: String)
}

public protocol LoginEventLog: Sendable {
    func record(_ event: LoginEvent)
}
