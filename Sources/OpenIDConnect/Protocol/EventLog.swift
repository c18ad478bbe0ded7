/// What rules tell the operator. Values are for logs and metrics: never a password, token, code or secret.
public enum ProviderEvent: Sendable {
    case loginSucceeded(connectorID: String, identity: Identity, clientID: String)
    /// `reason` and `detail` are for the operator; the person sees less.
    case loginFailed(connectorID: String, username: String, clientID: String, reason: LoginFailure, detail: String)
    /// Somebody was asked for another password in place of one that has expired.
    case passwordChange(connectorID: String, username: String, clientID: String, Result<PasswordChange, ConnectorError>)
    /// A connector was asked about somebody; `failure` is nil also for a wrong password.
    case connectorAnswered(connectorID: String, ConnectorOperation, took: Duration, failure: ConnectorError?)
    /// Somebody is logged out of a client; so many refresh grants ended.
    case loggedOut(connectorID: String, userID: String, clientID: String, grants: Int)
    /// The session at a connector's other site could not be ended.
    case logoutFailed(connectorID: String, detail: String)
    case tokensIssued(grant: String, clientID: String, userID: String)
    /// Somebody called as a client and did not prove it. `clientID` is what they said, shortened.
    case clientAuthenticationFailed(clientID: String, reason: ClientAuthenticationFailure)
    case tokenRefused(grant: String, clientID: String, error: OAuthError)
    /// A code or refresh token was used again: what had been issued is revoked.
    case replayDetected(kind: String, clientID: String, grantID: String)
    case storeFailed(StoreError, doing: String)
    case signingFailed(SigningError)
    case keysRotated(newKeyID: String, activatesAt: String)
}

public enum LoginFailure: String, Sendable {
    case wrongCredentials = "wrong credentials"
    case unavailable = "connector unavailable"
    case refused = "refused by the connector"
    case overloaded = "too many logins at once"
    case denied = "the account may not log in"
}

/// Why a client was not believed; for the operator alone, as strangers must not learn which clients exist.
public enum ClientAuthenticationFailure: String, Sendable, Hashable, CaseIterable {
    /// No credentials at all, or two ways at once, or none that can be read.
    case malformed = "malformed credentials"
    case unknownClient = "unknown client"
    case wrongSecret = "wrong secret"
    /// It must use another way than this one.
    case wrongMethod = "not by this method"
    /// A signed assertion that does not hold: signature, audience, times.
    case wrongAssertion = "wrong assertion"
    case usedAssertion = "assertion used before"
    /// It has proven who it is, and may not call this endpoint.
    case notAllowed = "not allowed here"
}

public enum ConnectorOperation: String, Sendable {
    case login, refresh
    case passwordChange = "password_change"
}

public protocol EventLog: Sendable {
    func record(_ event: ProviderEvent)
}
